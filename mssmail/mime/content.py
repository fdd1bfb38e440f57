"""The Content-* fields of a part (RFC 2045, 2183, 2231, 3282, 2557): tolerant, and linear in their length."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mssmail.mime.charsets import decode_text
from mssmail.mime.lexical import strip_comments, unfold, unquote
from mssmail.mime.tree import Params
from mssmail.mime.words import decode_words

MAX_PARAMS = 100  # of one field

_FIELD = re.compile(rb"\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_KNOWN = frozenset(
    (b"type", b"transfer-encoding", b"disposition", b"id", b"description", b"language", b"location", b"md5")
)
_TOKEN = rb"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rb"\s*(" + _TOKEN + rb")(?:\s*/\s*(" + _TOKEN + rb")?)?")
_FIRST_TOKEN = re.compile(_TOKEN)
# parameter = attribute "=" value (RFC 2045 §5.1). An unquoted value goes on over blanks, for file names, until
# something that looks like the next parameter; a quoted one that is left open takes the rest.
_PARAM = re.compile(
    rb"[;\s]*([^\s;=\"]+)\s*=\s*"
    rb"(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)(?:\"|\\?\Z)|([^;\s\"]*(?:[ \t]+(?![^\s;=\"]+\s*=)[^;\s\"]+)*))",
    re.DOTALL,
)
_JUNK = re.compile(rb"[;\s]*[^;]*")
_SECTION = re.compile(r"([^*]+)\*(?:(\d{1,4})(\*)?)?")
_EXTENDED = re.compile(rb"([^']{0,60})'[^']{0,60}'(.*)", re.DOTALL)

RawParams = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Content:
    """What a part's Content-* fields say; the attributes are those of ``tree.Part``."""

    type: str
    subtype: str
    params: Params = ()
    boundary: bytes = b""
    encoding: str = "7bit"
    disposition: str = ""
    disposition_params: Params = ()
    content_id: str = ""
    description: str = ""
    language: tuple[str, ...] = ()
    location: str = ""
    md5: str = ""
    faults: tuple[str, ...] = ()


PLAIN_TEXT = Content("text", "plain")  # the default, RFC 2045 §5.2
DIGEST_ENTRY = Content("message", "rfc822")  # the default inside multipart/digest, RFC 2046 §5.1.5


def parse_content(header: bytes, default: Content) -> Content:
    """The content fields of a header; of a field that is there twice, the first counts and a fault tells."""
    fields: dict[bytes, bytes] = {}
    faults: list[str] = []
    for match in _FIELD.finditer(b"\n" + header):
        name = match[1].lower()
        if name not in _KNOWN:
            continue
        if name in fields:
            faults.append(f"there is more than one Content-{decode_text(name).title()} field")
        else:
            fields[name] = unfold(match[2])
    if not fields:
        return default
    kind, subtype, raw = _parse_media_type(fields.get(b"type"), default)
    disposition, details = _parse_disposition(fields.get(b"disposition"))
    return Content(
        type=kind,
        subtype=subtype,
        params=decode_params(raw),
        boundary=find_boundary(raw) if kind == "multipart" else b"",
        encoding=_parse_encoding(fields.get(b"transfer-encoding")),
        disposition=disposition,
        disposition_params=details,
        content_id=decode_text(fields.get(b"id", b"")),
        description=decode_text(fields.get(b"description", b"")),
        language=_parse_languages(fields.get(b"language")),
        location="".join(decode_text(fields.get(b"location", b"")).split()),
        md5=decode_text(strip_comments(fields.get(b"md5", b"")).strip()),
        faults=tuple(faults),
    )


def _parse_encoding(raw: bytes | None) -> str:
    token = _FIRST_TOKEN.search(strip_comments(raw)) if raw else None
    return token[0].decode("ascii").lower() if token else "7bit"


def _parse_media_type(raw: bytes | None, default: Content) -> tuple[str, str, RawParams]:
    """Type, subtype, raw parameters; what cannot be read is the default (RFC 2045 §5.2)."""
    if raw is None:
        return default.type, default.subtype, []
    value = strip_comments(raw)
    match = _MEDIA_TYPE.match(value)
    if match is None:
        return "text", "plain", []
    params = parse_params(value[match.end() :])
    kind = match[1].decode("ascii").lower()
    if match[2]:
        return kind, match[2].decode("ascii").lower(), params
    # "multipart; boundary=x" has one sensible meaning (RFC 2046 §5.1.7); "text" alone is the default.
    return ("multipart", "mixed", params) if kind == "multipart" else ("text", "plain", params)


def _parse_disposition(raw: bytes | None) -> tuple[str, Params]:
    value = strip_comments(raw).lstrip() if raw else b""
    match = _FIRST_TOKEN.match(value)
    if match is None:
        return "", ()
    return match[0].decode("ascii").lower(), decode_params(parse_params(value[match.end() :]))


def _parse_languages(raw: bytes | None) -> tuple[str, ...]:
    """Language tags (RFC 3282 §2), as written."""
    if not raw:
        return ()
    tags = (decode_text(tag.strip()) for tag in strip_comments(raw).split(b",")[:MAX_PARAMS])
    return tuple(tag for tag in tags if tag)


def parse_params(raw: bytes) -> RawParams:
    """``; name=value`` pairs from an unfolded value without comments: names lower-case, values unquoted bytes."""
    params: RawParams = []
    at = 0
    while at < len(raw) and len(params) < MAX_PARAMS:
        match = _PARAM.match(raw, at)
        if match is None:
            at = max(_JUNK.match(raw, at).end(), at + 1)  # type: ignore[union-attr]  # it matches anything
            continue
        quoted, plain = match[2], match[3]
        params.append((decode_text(match[1]).lower(), unquote(quoted) if quoted is not None else plain.strip()))
        at = match.end()
    return params


def find_boundary(raw: RawParams) -> bytes:
    """The boundary as it stands in the body; empty when there is none. Blanks at its end do not belong to it."""
    value = dict(reversed(raw)).get("boundary")
    if value is None:
        value = dict(decode_params(raw)).get("boundary", "").encode()
    return value.rstrip()


def decode_params(raw: RawParams) -> Params:
    """Parameters with continuations joined and charsets decoded (RFC 2231 §3, §4); of equal names the first counts.

    A name in both forms takes the extended one. Encoded words, which RFC 2047 §5 forbids here, are decoded too.
    """
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, value in raw:
        match = _SECTION.fullmatch(name)
        if match is None:
            if name not in plain:
                plain[name] = decode_words(value) if b"=?" in value else decode_text(value)
            continue
        extended = match[2] is None or match[3] is not None
        sections.setdefault(match[1], {}).setdefault(int(match[2] or 0), (value, extended))
        plain.setdefault(match[1], "")  # keeps its place in the order
    for name, pieces in sections.items():
        plain[name] = _join_sections(pieces)
    return tuple(plain.items())


def _join_sections(pieces: dict[int, tuple[bytes, bool]]) -> str:
    ordered = [pieces[number] for number in sorted(pieces)]
    charset, first = b"utf-8", ordered[0]
    if first[1] and (match := _EXTENDED.fullmatch(first[0])):
        charset, ordered[0] = match[1], (match[2], True)
    joined = b"".join(unquote_to_bytes(value) if extended else value for value, extended in ordered)
    return decode_text(joined, charset.decode("latin-1"))
