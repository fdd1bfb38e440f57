"""LOGIN, AUTHENTICATE, ID and ENABLE. No text of a fault repeats what was sent: it may be a password."""

import re
from base64 import b64decode
from binascii import Error as Base64Error

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Authenticate, Enable, Id, Login
from mssmail.imap.wire.cursor import Cursor

_BASE64 = re.compile(rb"[A-Za-z0-9+/=]++")
_MAX_ID_FIELDS = 30  # RFC 2971 §3.3


# login = "LOGIN" SP userid SP password
def parse_login(cursor: Cursor) -> Login:
    """LOGIN. Other alphabets than ASCII come as UTF-8."""
    user = cursor.expect_text_astring("a user name")
    cursor.expect_space()
    return Login(user, cursor.expect_text_astring("a password"))


# authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]
# initial-resp = (base64 / "="); "initial response" of RFC 4959 §3
def parse_authenticate(cursor: Cursor) -> Authenticate:
    """AUTHENTICATE; ``=`` is an initial response of no octets."""
    mechanism = cursor.expect_keyword("a mechanism")
    if not cursor.try_text(b" "):
        return Authenticate(mechanism)
    initial = cursor.expect_match(_BASE64, "an initial response")
    return Authenticate(mechanism, b"" if initial == b"=" else _decode_base64(initial))


# continue-resp = base64 / "*"
def parse_sasl_line(line: bytes) -> bytes | None:
    """What the client answers to a challenge; None when it gives up (RFC 9051 §6.2.2). Raises BadSyntax."""
    return None if line == b"*" else _decode_base64(line)


def _decode_base64(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as fault:
        raise BadSyntax("the response is not base64") from fault


# id = "ID" SP id-params-list
# id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil
def parse_id(cursor: Cursor) -> Id:
    """ID; what is NIL becomes empty, what is not UTF-8 readable anyhow: it only goes to the log."""
    if cursor.try_nil() or cursor.try_text(b"()"):
        return Id(())
    fields = cursor.expect_list(lambda: _parse_id_field(cursor))
    if len(fields) > _MAX_ID_FIELDS:
        raise BadSyntax("too many fields")
    return Id(fields)


def _parse_id_field(cursor: Cursor) -> tuple[str, str]:
    name = cursor.expect_string("the name of a field")
    cursor.expect_space()
    value = cursor.expect_nstring() or b""
    return name.decode("utf-8", "replace"), value.decode("utf-8", "replace")


# enable = "ENABLE" 1*(SP capability)
def parse_enable(cursor: Cursor) -> Enable:
    """ENABLE, names in capitals."""
    capabilities = [cursor.expect_keyword("a capability")]
    while cursor.try_text(b" "):
        capabilities.append(cursor.expect_keyword("a capability"))
    return Enable(tuple(capabilities))
