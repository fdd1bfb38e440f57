"""Each response as the bytes a client reads."""

import pytest

from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import (
    Capabilities,
    Challenge,
    Condition,
    Continuation,
    Enabled,
    Exists,
    Expunged,
    Flags,
    Found,
    ListLine,
    MailboxStatus,
    Namespaces,
    Recent,
    Response,
    ServerId,
    StatusResponse,
    encode_response,
)


@pytest.mark.parametrize(
    ("response", "line"),
    [
        (StatusResponse(Condition.OK, "Done", tag="A1"), b"A1 OK Done"),
        (StatusResponse(Condition.BYE, "Bye"), b"* BYE Bye"),
        (StatusResponse(Condition.NO, "No such", Code("TRYCREATE"), "A1"), b"A1 NO [TRYCREATE] No such"),
        (StatusResponse(Condition.BAD, "été\r\n"), b"* BAD ?t?"),
        (StatusResponse(Condition.PREAUTH, ""), b"* PREAUTH -"),
        (Continuation(), b"+ Go on"),
        (Continuation("idling"), b"+ idling"),
        (Challenge(), b"+ "),
        (Challenge(b"\0a"), b"+ AGE="),
        (Capabilities(("IMAP4rev1", "IDLE")), b"* CAPABILITY IMAP4rev1 IDLE"),
        (Enabled(()), b"* ENABLED"),
        (Enabled(("CONDSTORE",)), b"* ENABLED CONDSTORE"),
        (Flags((r"\Seen", "$a")), rb"* FLAGS ($a \Seen)"),
        (Exists(0), b"* 0 EXISTS"),
        (Recent(2), b"* 2 RECENT"),
        (Expunged(3), b"* 3 EXPUNGE"),
        (Found(()), b"* SEARCH"),
        (Found((2, 84, 882)), b"* SEARCH 2 84 882"),
        (ListLine("INBOX"), b'* LIST () "/" INBOX'),
        (ListLine("été", (r"\HasNoChildren", r"\Sent")), rb'* LIST (\HasNoChildren \Sent) "/" &AOk-t&AOk-'),
        (ListLine("a b", name="LSUB", delimiter=None), b'* LSUB () NIL "a b"'),
        (ListLine("a", child_info=("SUBSCRIBED",)), b'* LIST () "/" a ("CHILDINFO" ("SUBSCRIBED"))'),
        (ListLine("", (r"\Noselect",)), rb'* LIST (\Noselect) "/" ""'),
        (MailboxStatus("a b", (("MESSAGES", 2), ("UNSEEN", 0))), b'* STATUS "a b" (MESSAGES 2 UNSEEN 0)'),
        (Namespaces(), b'* NAMESPACE (("" "/")) NIL NIL'),
        (
            Namespaces((("", "/"),), (("~", "/"),), (("Équipe/", "/"), ("x", "."))),
            b'* NAMESPACE (("" "/")) (("~" "/")) (("&AMk-quipe/" "/")("x" "."))',
        ),
        (ServerId(), b"* ID NIL"),
        (ServerId((("name", "mssmail"), ("version", "1"))), b'* ID ("name" "mssmail" "version" "1")'),
    ],
)
def test_a_response_is_this_line(response: Response, line: bytes) -> None:
    assert encode_response(response) == line + b"\r\n"


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert encode_response(ListLine("été"), utf8=True) == '* LIST () "/" "été"\r\n'.encode()
    assert encode_response(MailboxStatus("été", (("SIZE", 1),)), utf8=True) == '* STATUS "été" (SIZE 1)\r\n'.encode()
