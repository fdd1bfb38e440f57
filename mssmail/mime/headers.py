"""Header fields by span, and who a message says it is from.

The grammar of values is next door: ``words`` (encoded words), ``addresses``; both are offered here too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from mssmail.core.address import Address
from mssmail.core.message import Span
from mssmail.mime.addresses import Group, Mailbox, list_mailboxes, parse_addresses, read_author
from mssmail.mime.lexical import unfold
from mssmail.mime.tree import Part
from mssmail.mime.words import decode_words

__all__ = [
    "MAX_FIELDS",
    "MAX_HEADER_BYTES",
    "Authors",
    "Field",
    "Group",
    "Mailbox",
    "clip_header",
    "decode_words",
    "find_authors",
    "find_field",
    "find_sender",
    "find_senders",
    "iterate_fields",
    "parse_addresses",
    "read_authors",
    "select_fields",
    "split_fields",
    "unfold",
    "walk_fields",
]

MAX_HEADER_BYTES = 1_048_576
MAX_FIELDS = 10_000

# A field with its folded lines (RFC 5322 §2.2.3). A bare LF ends a line too: clients APPEND such messages.
_LINES = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")
# Blanks before the colon are obsolete (RFC 5322 §4.5) but readers take them, so a second From cannot hide there.
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
# What stands before the first colon of a line that is no fold; such lines need not be fields.
_LINE_NAMES = re.compile(rb"\n(?![ \t])([^\n:]*):")
_NO_LETTERS = re.compile(rb"[^A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field, or with an empty name a line that is none. Spans are in the message."""

    name: str  # as written
    key: str  # lower-case
    span: Span  # name, value, folds and the line end
    value: Span  # between colon and line end, with folds

    def read(self, data: bytes) -> bytes:
        """The value unfolded and trimmed, otherwise as written."""
        return unfold(data[self.value.start : self.value.end])


def split_fields(data: bytes, span: Span) -> tuple[Field, ...]:
    """All fields of a header in order; their spans cover it up to the blank line.

    Beyond 1 MB or 10 000 fields what is left comes as one Field without a name.
    """
    clipped = clip_header(span)
    walk = walk_fields(data, clipped)
    fields = list(islice(walk, MAX_FIELDS))
    at = fields[-1].span.end if fields else span.start
    if at == clipped.end < span.end or next(walk, None) is not None:
        fields.append(Field("", "", Span(at, span.end), Span(at, span.end)))
    return tuple(fields)


def walk_fields(data: bytes, span: Span) -> Iterator[Field]:
    """The fields of a header of any length, one by one, up to the blank line."""
    at = span.start
    while at < span.end:
        match = _LINES.match(data, at, span.end)
        if match is None or match[0] in (b"\r\n", b"\n"):
            return
        yield _build_field(data, at, match.end())
        at = match.end()


def _build_field(data: bytes, start: int, end: int) -> Field:
    stop = end
    if data[stop - 1 : stop] == b"\n":
        stop -= 1
        if data[stop - 1 : stop] == b"\r" and stop > start:
            stop -= 1
    match = _NAME.match(data, start, stop)
    if match is None:
        return Field("", "", Span(start, end), Span(start, stop))
    name = match[1].decode("ascii")
    return Field(name, name.lower(), Span(start, end), Span(match.end(), stop))


def clip_header(span: Span) -> Span:
    """As much of a header as is ever parsed for display: its first megabyte."""
    return Span(span.start, min(span.end, span.start + MAX_HEADER_BYTES))


def select_fields(data: bytes, span: Span, *keys: str) -> tuple[Field, ...]:
    """The fields of these (lower-case) names in order: what ``split_fields`` gives, without its limits."""
    return tuple(iterate_fields(data, span, *keys))


def iterate_fields(data: bytes, span: Span, *keys: str) -> Iterator[Field]:
    """``select_fields`` one by one, for a header of any length."""
    base = span.start - 1  # the search has one line end before the header
    for match in _field_pattern(keys).finditer(b"\n" + data[span.start : span.end]):
        yield _build_field(data, base + match.start() + 1, min(base + match.end() + 1, span.end))


@lru_cache(maxsize=256)  # most names are ours, but SEARCH brings a stranger's
def _field_pattern(keys: tuple[str, ...]) -> re.Pattern[bytes]:
    # The line end is looked at, not taken: it begins the next field's match.
    names = "|".join(re.escape(key) for key in keys).encode()
    return re.compile(rb"\n(?i:%b)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*" % names)


def find_field(fields: tuple[Field, ...], key: str) -> Field | None:
    """The first field of this (lower-case) name."""
    return next((field for field in fields if field.key == key), None)


@dataclass(frozen=True, slots=True)
class Authors:
    """Who the From fields name. ``addresses`` is empty unless every reader must find just these.

    ``fields`` counts From fields: RFC 5322 §3.6 wants one. With more, ``addresses`` has the authors of all of them, and
    a rule that lets a message through must hold for each address, not for the first. ``doubts`` are why there is none.
    """

    addresses: tuple[Address, ...]
    fields: int
    faults: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def read_authors(data: bytes, header: Span) -> Authors:
    """The authors of all From fields, all or none: one that is in doubt makes the others worthless for trust.

    If only the doubtful one were left out, a reader could be shown it while the other is checked.
    """
    mine = select_fields(data, header, "from")
    faults = ["there is no From field"] if not mine else []
    if len(mine) > 1:
        faults.append("there is more than one From field")
    addresses: dict[Address, None] = {}
    doubts: list[str] = []
    if len(header) > MAX_HEADER_BYTES:
        doubts.append("the header is too long to be read whole")
    else:
        doubts.extend(_find_header_doubts(b"\n" + data[header.start : header.end]))
    for field in mine:
        found, field_doubts = _read_field(data, field)
        addresses.update(dict.fromkeys(found))
        doubts.extend(field_doubts)
    faults.extend(f"the author is in doubt: {doubt}" for doubt in dict.fromkeys(doubts))
    return Authors(() if doubts else tuple(addresses), len(mine), tuple(faults), tuple(dict.fromkeys(doubts)))


def _find_header_doubts(header: bytes) -> list[str]:
    """Where readers may disagree about what the fields are: odd line ends, lines that some may take for From."""
    doubts: list[str] = []
    if b"\0" in header or header.count(b"\r") != header.count(b"\r\n"):
        doubts.append("the header holds a NUL or a bare CR")
    for name in _LINE_NAMES.findall(header):
        if not _NAME.fullmatch(name + b":") and _NO_LETTERS.sub(b"", name).lower() == b"from":
            doubts.append("a line that is no field looks like From")
    return doubts


def _read_field(data: bytes, field: Field) -> tuple[list[Address], list[str]]:
    """Addresses of one From or Sender field, and what is in doubt about it. Groups (RFC 6854) are nobody in person."""
    addresses: list[Address] = []
    doubts: list[str] = []
    entries = parse_addresses(data[field.value.start : field.value.end])
    if any(isinstance(entry, Group) for entry in entries):
        doubts.append(f"{field.name} names a group")
    for mailbox in list_mailboxes(entries):
        address, doubt = read_author(mailbox)
        if address is not None:
            addresses.append(address)
        if doubt:
            doubts.append(doubt)
    if not addresses and not doubts:
        doubts.append(f"{field.name} names nobody")
    return addresses, doubts


def find_authors(data: bytes, root: Part) -> tuple[Address, ...]:
    """The authors of all From fields of a message; empty when any of them is in doubt (see ``read_authors``)."""
    return read_authors(data, root.header).addresses


def find_senders(data: bytes, root: Part) -> tuple[Address, ...] | None:
    """The addresses of all Sender fields (RFC 5322 §3.6.2 allows one); None when any of them is in doubt."""
    return _find_persons(data, root, "sender")


def find_resenders(data: bytes, root: Part) -> tuple[Address, ...] | None:
    """Who sent the message anew (Resent-From, Resent-Sender, RFC 5322 §3.6.6); None when any of them is in doubt."""
    return _find_persons(data, root, "resent-from", "resent-sender")


def _find_persons(data: bytes, root: Part, *names: str) -> tuple[Address, ...] | None:
    addresses: list[Address] = []
    for field in select_fields(data, root.header, *names):
        found, doubts = _read_field(data, field)
        if doubts:
            return None
        addresses += found
    return tuple(addresses)


def find_sender(data: bytes, root: Part) -> Address | None:
    """The Sender field's address, when there is one such field and no doubt about it."""
    if len(select_fields(data, root.header, "sender")) != 1:
        return None
    found = find_senders(data, root)
    return found[0] if found is not None and len(found) == 1 else None
