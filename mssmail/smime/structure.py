"""Find what is signed: the outermost layer of a message, byte for byte.

Only the outermost layer is judged. A signature further in, say of one part of a multipart/mixed, speaks for that part
and not for the message, which is then unsigned. And what is signed must be what is shown: a multipart/signed has two
parts and nothing after them but blanks. Its preamble may hold a short notice, because signing programs write one there
and no mail program shows it.
"""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mssmail.core.message import Span
from mssmail.core.verdict import Structure
from mssmail.errors import BadSyntax
from mssmail.mime.content import parse_params
from mssmail.mime.headers import Field, select_fields
from mssmail.mime.lexical import strip_comments
from mssmail.mime.quoted_printable import decode_quoted_printable
from mssmail.mime.tree import Part
from mssmail.smime.signed_data import (
    AUTH_ENVELOPED_DATA,
    ENCRYPTED_DATA,
    ENVELOPED_DATA,
    SIGNED_DATA,
    read_content_type,
)

# RFC 8551 §3.2 and §3.5; older programs write x-.
_SIGNATURE_TYPES: Final = frozenset({"pkcs7-signature", "x-pkcs7-signature"})
_MESSAGE_TYPES: Final = frozenset({"pkcs7-mime", "x-pkcs7-mime"})
_PROTOCOLS: Final = frozenset(f"application/{subtype}" for subtype in _SIGNATURE_TYPES)
_ENVELOPES: Final = frozenset({ENVELOPED_DATA, ENCRYPTED_DATA, AUTH_ENVELOPED_DATA})
_ENVELOPE_WORDS: Final = frozenset({"enveloped-data", "authenveloped-data"})
_NOT_SIGNED_WORDS: Final = frozenset({"certs-only", "compressed-data"})

_UNIQUE: Final = (b"boundary", b"protocol", b"smime-type")
_TWICE: Final = re.compile(rb"(?is)(%b).*\1" % b"|".join(_UNIQUE))

_NO_ENCODINGS: Final = frozenset({"7bit", "8bit", "binary"})

_MAX_PREAMBLE: Final = 512
_MAX_DELIMITER: Final = 1_004  # the longest delimiter line ``mime.parts`` takes, with its line ends
_MAX_SIGNATURE: Final = 2 * 1024 * 1024  # with certificates and whatever lists its maker put in
_PEEK: Final = 256  # characters of base64 that surely hold the content type

_NO_FIELD: Final = re.compile(rb"\A[ \t]|(?:\A|\n)(?![!-9;-~]+[ \t]*:|[ \t]|\r?\n|\Z)")
_OPENING: Final = re.compile(rb"(?P<preamble>(?:.*\n)?)(?P<line>--[^\r\n]*?)[ \t]*\r?\n", re.DOTALL)
_BETWEEN: Final = re.compile(rb"\r?\n(?P<line>--[^\r\n]*?)[ \t]*\r?\n")
_CLOSING: Final = re.compile(rb"\r?\n(?P<line>--[^\r\n]*?)--[ \t]*(?P<epilogue>\Z|\r?\n.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Layer:
    """The outermost layer. When signed: the CMS message, and the place of the content unless it is inside (opaque).

    ``fault`` tells why what claims to be signed cannot be; it outweighs everything else.
    """

    structure: Structure
    cms: bytes = b""
    content: Span | None = None
    fault: str = ""

    @property
    def is_opaque(self) -> bool:
        """The content is inside the CMS message."""
        return bool(self.cms) and self.content is None


_UNSIGNED: Final = Layer(Structure.UNSIGNED)
_ENCRYPTED: Final = Layer(Structure.ENCRYPTED)


def find_layer(data: bytes, root: Part) -> Layer:
    """What the outermost layer of the message is, and where its signature and content are."""
    layer = _read_layer(data, root)
    fault = _find_header_fault(data, root) if layer.structure is Structure.SIGNED else ""
    return _refuse(fault) if fault else layer


def may_be_signed(part: Part) -> bool:
    """The part's type is one that signatures come in; only ``find_layer`` tells whether it is signed."""
    return (part.type == "multipart" and part.subtype == "signed") or _is_cms_message(part)


def find_preamble(data: bytes, root: Part) -> bytes:
    """What stands before the signed part of a multipart/signed whose gaps are in order (RFC 2046 §5.1.1)."""
    opening = _OPENING.fullmatch(data[root.body.start : root.children[0].header.start])
    return b"" if opening is None else opening["preamble"]


def _read_layer(data: bytes, root: Part) -> Layer:
    if root.type == "multipart":
        return _read_multipart(data, root) if root.subtype == "signed" else _UNSIGNED
    if _is_cms_message(root):
        return _read_cms_message(data, root)
    return _UNSIGNED


def _find_header_fault(data: bytes, root: Part) -> str:
    """No signature covers the outer header: what would have other readers show something else is a fault.

    Of two fields of a name some take the last; at a line that is no field some let the body begin; and a multipart is
    never encoded (RFC 2045 §6.4), but some decode it.
    """
    fields = select_fields(data, root.header, "content-type", "content-transfer-encoding")
    keys = [field.key for field in fields]
    if len(keys) > len(set(keys)):
        return f"the header has more than one {max(keys, key=keys.count).title()} field"
    repeated = _find_repeated_param(data, fields)
    if repeated:
        return f"Content-Type names its {repeated} more than once"
    if _NO_FIELD.search(root.header.cut(data)):
        return "the header holds a line that is no field"
    if root.type == "multipart" and root.encoding not in _NO_ENCODINGS:
        return f"a multipart/signed cannot be encoded in {root.encoding[:40]}"
    return ""


def _find_repeated_param(data: bytes, fields: Sequence[Field]) -> str:
    """A parameter that stands there twice, also in pieces (RFC 2231): of such two, some readers take the other."""
    value = b"".join(field.read(data) for field in fields if field.key == "content-type")
    if not _TWICE.search(value):
        return ""
    names = [name.partition("*")[0].encode() for name, _ in parse_params(strip_comments(value).partition(b";")[2])]
    return next((name.decode() for name in _UNIQUE if names.count(name) > 1), "")


def _is_cms_message(root: Part) -> bool:
    """By type, or by the file name where a gateway lost the type (RFC 8551 §3.10)."""
    if root.type != "application":
        return False
    if root.subtype in _MESSAGE_TYPES:
        return True
    return root.subtype == "octet-stream" and (root.file_name or "").lower().endswith(".p7m")


def _read_multipart(data: bytes, root: Part) -> Layer:
    """RFC 1847 §2.1. The protocol decides whose signature it is; micalg is the sender's word and decides nothing."""
    protocol = (root.find_param("protocol") or "").strip().lower()
    last = root.children[-1] if root.children else None
    is_ours = last is not None and last.type == "application" and last.subtype in _SIGNATURE_TYPES
    if protocol not in _PROTOCOLS and (protocol or not is_ours):
        return _UNSIGNED  # OpenPGP, or nobody's
    if len(root.children) != 2 or not is_ours:
        return _refuse("a multipart/signed has two parts, of which the second is the signature")
    content, signature = root.children
    fault = _find_gap_fault(data, root, content, signature)
    if fault:
        return _refuse(fault)
    try:
        cms = _decode(data, signature)
    except BadSyntax as error:
        return _refuse(f"the signature part cannot be read: {error}")
    if len(cms) > _MAX_SIGNATURE:
        return _refuse("the signature part is larger than signatures are")
    return Layer(Structure.SIGNED, cms, content.span)


def _find_gap_fault(data: bytes, root: Part, content: Part, signature: Part) -> str:
    """Every octet of the body outside the two parts is a delimiter, a short notice before them, or a blank after."""
    if content.header.start - root.body.start > _MAX_PREAMBLE + _MAX_DELIMITER:
        return "there is text before the signed part that the signature does not cover"
    opening = _OPENING.fullmatch(data[root.body.start : content.header.start])
    between = _BETWEEN.fullmatch(data[content.body.end : signature.header.start])
    closing = _CLOSING.fullmatch(data[signature.body.end : root.body.end])
    if opening is None or between is None or closing is None:
        return "the multipart/signed is not delimited as RFC 2046 asks"
    if not opening["line"] == between["line"] == closing["line"]:
        return "the delimiters of the multipart/signed differ"
    if len(opening["preamble"]) > _MAX_PREAMBLE:
        return "there is text before the signed part that the signature does not cover"
    return "there is text after the signature that it does not cover" if closing["epilogue"].strip() else ""


def _read_cms_message(data: bytes, root: Part) -> Layer:
    """The CMS content type decides; smime-type (RFC 8551 §3.2.2) only where the CMS cannot be read."""
    word = (root.find_param("smime-type") or "").strip().lower()
    try:
        content_type = read_content_type(_peek(data, root))
    except BadSyntax as error:
        if word in _ENVELOPE_WORDS:
            return _ENCRYPTED
        return _UNSIGNED if word in _NOT_SIGNED_WORDS else _refuse(f"the CMS message cannot be read: {error}")
    if content_type in _ENVELOPES:
        return _ENCRYPTED
    if content_type != SIGNED_DATA or word == "certs-only":
        return _UNSIGNED
    try:
        return Layer(Structure.SIGNED, _decode(data, root))
    except BadSyntax as error:
        return _refuse(f"the CMS message cannot be read: {error}")


def _refuse(fault: str) -> Layer:
    return Layer(Structure.SIGNED, fault=fault)


def _peek(data: bytes, part: Part) -> bytes:
    start = data[part.body.start : min(part.body.end, part.body.start + _PEEK)]
    if part.encoding != "base64":
        return decode_quoted_printable(start) if part.encoding == "quoted-printable" else start
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", start)
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4])


def _decode(data: bytes, part: Part) -> bytes:
    """The content of a leaf; raises BadSyntax."""
    body = part.body.cut(data)
    match part.encoding:
        case "base64":
            try:  # strictly: what a lenient reader skips, or stops before, would be octets nobody signed
                return binascii.a2b_base64(body.translate(None, b" \t\r\n"), strict_mode=True)
            except binascii.Error as error:
                raise BadSyntax(f"its base64 is broken: {error}") from error
        case "quoted-printable":
            return decode_quoted_printable(body)
        case "7bit" | "8bit" | "binary":
            return body
        case other:
            raise BadSyntax(f"its transfer encoding {other[:40]!r} is unknown")
