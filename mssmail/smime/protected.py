"""Signed header fields held against the outer ones, which no signature covers.

RFC 9788 has the signed entity carry the header's fields under the parameter ``hp`` of its Content-Type; before it there
was ``protected-headers``; and RFC 8551 §3.1 wraps the whole message as message/rfc822 with ``forwarded=no``. Who knows
them shows the signed fields, everybody else the outer ones: where they differ, two readers read two messages. Without
``forwarded=no`` a signed message/rfc822 may just as well be a message passed on, and is one for most readers.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

from mssmail.core.appearance import Notice, Oddity
from mssmail.core.message import Span
from mssmail.core.reply import quote_text
from mssmail.mime.addresses import list_mailboxes, parse_addresses
from mssmail.mime.headers import clip_header, select_fields
from mssmail.mime.words import decode_words
from mssmail.smime.layers import Entity

_ADDRESSES: Final = ("from", "sender", "reply-to", "to", "cc")
# What a reader is shown and acts on; the rest is the transport's, or nobody reads it.
_SHOWN: Final = (*_ADDRESSES, "subject", "date")
_MAX_QUOTED: Final = 90
_BLANKS: Final = re.compile(r"\s+")

# A field as compared: for addresses (name, address) each, else one text; of a field that stands there twice, both.
_Value: TypeAlias = tuple[object, ...]
_Fields: TypeAlias = Mapping[str, _Value]


def find_disagreements(outer: Entity, signed: Entity) -> tuple[Notice, ...]:
    """Where the fields that are signed are not those of the message's own header; ``signed`` is what is signed."""
    part = signed.part
    if part.type == "message" and part.subtype in {"rfc822", "global"}:
        return tuple(_judge_enclosed(outer, signed))
    is_whole = part.find_param("hp") is not None
    if not is_whole and part.find_param("protected-headers") is None:
        return ()
    return tuple(_compare(_read(outer.data, outer.part.header), _read(signed.data, part.header), is_whole=is_whole))


def _judge_enclosed(outer: Entity, signed: Entity) -> Iterator[Notice]:
    """A message as what is signed: this very one (RFC 8551 §3.1), or one that is passed on."""
    is_wrapped = (signed.part.find_param("forwarded") or "").strip().lower() == "no"
    if is_wrapped and signed.part.children:
        inner = signed.part.children[0].header
        yield from _compare(_read(outer.data, outer.part.header), _read(signed.data, inner), is_whole=True)
    else:
        yield Notice(Oddity.MESSAGE_INSIDE, "what is signed is a message of its own, not said to be this one")


def _compare(outer: _Fields, inner: _Fields, *, is_whole: bool) -> Iterator[Notice]:
    if "from" in inner and _list_addresses(inner) != _list_addresses(outer):
        yield _build_notice(Oddity.PROTECTED_AUTHOR_DIFFERS, "from", outer, inner)
    for key in _SHOWN:
        if key in inner and inner[key] != outer.get(key):
            yield _build_notice(Oddity.PROTECTED_FIELD_DIFFERS, key, outer, inner)
    bare = ", ".join(key.title() for key in _SHOWN if key in outer and key not in inner)
    if bare and is_whole:
        yield Notice(Oddity.FIELD_UNPROTECTED, f"the header is signed, but not these fields of it: {bare}")


def _build_notice(oddity: Oddity, key: str, outer: _Fields, inner: _Fields) -> Notice:
    signed, shown = (quote_text(_describe(fields.get(key, ())), _MAX_QUOTED) for fields in (inner, outer))
    return Notice(oddity, f"the signed {key.title()} is {signed!r}, the outer one {shown!r}")


def _describe(value: _Value) -> str:
    return ", ".join(" ".join(filter(None, each)) if isinstance(each, tuple) else str(each) for each in value)


def _list_addresses(fields: _Fields) -> list[object]:
    return [each[1] if isinstance(each, tuple) else each for each in fields.get("from", ())]


def _read(data: bytes, header: Span) -> _Fields:
    found: dict[str, _Value] = {}
    for field in select_fields(data, clip_header(header), *_SHOWN):
        raw = data[field.value.start : field.value.end]
        found[field.key] = (*found.get(field.key, ()), *_normalise(field.key, raw))
    return found


def _normalise(key: str, raw: bytes) -> _Value:
    if key in _ADDRESSES:
        return tuple(
            (_collapse(each.display), (each.local + b"@" + each.domain).decode("latin-1").lower())
            for each in list_mailboxes(parse_addresses(raw))
        )
    text = _collapse(decode_words(raw))
    return (_read_moment(text) or text,) if key == "date" else (text,)


def _read_moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _collapse(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
