"""BODY and BODYSTRUCTURE (RFC 9051 §7.5.2, RFC 3501 §7.4.2): the tree of parts as IMAP clients see it.

Parameter values are given decoded where they are ASCII, else in one piece as ``name*`` in UTF-8 (RFC 2231 §4, §6).
Octets and lines count the part's encoded body; lines are line ends.
"""

from urllib.parse import quote

from mssmail.mime.envelope import encode_envelope
from mssmail.mime.nstring import NIL, encode_string, encode_text
from mssmail.mime.tree import Params, Part

# attribute-char of RFC 2231 §7 besides letters and digits
_ATTRIBUTE_CHARS = "!#$&+-.^_`{|}~"


def encode_body(data: bytes, part: Part, *, extended: bool) -> bytes:
    """The structure of a message: BODYSTRUCTURE when ``extended``, else BODY."""
    pieces: list[bytes] = []
    _write_body(pieces, data, part, extended=extended)
    return b"".join(pieces)


# body = "(" (body-type-1part / body-type-mpart) ")"
def _write_body(pieces: list[bytes], data: bytes, part: Part, *, extended: bool) -> None:
    pieces.append(b"(")
    if part.is_multipart:
        _write_multipart(pieces, data, part, extended=extended)
    else:
        _write_single(pieces, data, part, extended=extended)
    pieces.append(b")")


# body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
def _write_multipart(pieces: list[bytes], data: bytes, part: Part, *, extended: bool) -> None:
    for child in part.children:
        _write_body(pieces, data, child, extended=extended)
    pieces += [b" ", encode_string(part.subtype.encode())]
    if extended:
        pieces += [b" ", _encode_params(part.params), b" ", _encode_common(part)]


# body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
def _write_single(pieces: list[bytes], data: bytes, part: Part, *, extended: bool) -> None:
    kind, subtype, params = _choose_type(part)
    pieces += [encode_string(kind.encode()), b" ", encode_string(subtype.encode())]
    fields = (
        _encode_params(params),
        encode_text(part.content_id),
        encode_text(part.description),
        encode_string(part.encoding.encode()),
        b"%d" % len(part.body),
    )
    pieces += [b" ", b" ".join(fields)]
    if part.is_message:
        pieces += [b" ", encode_envelope(data, part.children[0]), b" "]
        _write_body(pieces, data, part.children[0], extended=extended)
    if part.is_message or kind == "text":
        pieces.append(b" %d" % part.lines)
    if extended:
        pieces += [b" ", encode_text(part.md5), b" ", _encode_common(part)]


def _choose_type(part: Part) -> tuple[str, str, Params]:
    """What a part without children is called: a composite type would promise children that are not there."""
    if part.type == "multipart":
        return "text", "plain", (("charset", "us-ascii"),)
    if part.type == "message" and part.subtype in ("rfc822", "global") and not part.children:
        return "application", "octet-stream", part.params
    if (part.type, part.subtype) == ("text", "plain") and part.find_param("charset") is None:
        return part.type, part.subtype, (*part.params, ("charset", "us-ascii"))  # RFC 2045 §5.2
    return part.type, part.subtype, part.params


# body-fld-dsp SP body-fld-lang SP body-fld-loc, the end that both kinds of extension share
def _encode_common(part: Part) -> bytes:
    disposition = NIL
    if part.disposition:
        disposition = b"(%b %b)" % (encode_string(part.disposition.encode()), _encode_params(part.disposition_params))
    language = NIL
    if part.language:
        language = b"(" + b" ".join(encode_text(tag) for tag in part.language) + b")"
    return b" ".join((disposition, language, encode_text(part.location)))


# body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
def _encode_params(params: Params) -> bytes:
    if not params:
        return NIL
    return b"(" + b" ".join(_encode_param(name, value) for name, value in params) + b")"


def _encode_param(name: str, value: str) -> bytes:
    if not (value.isascii() and value.isprintable()):
        name, value = name.rstrip("*") + "*", "utf-8''" + quote(value, safe=_ATTRIBUTE_CHARS)
    return encode_string(name.encode("utf-8", "replace")) + b" " + encode_string(value.encode())
