"""The tree of parts as a few bytes in the message's row, so that BODY[section] is cut without scanning again.

Layout: version, number of entries; per entry, parents before children: start, body, end, entries of its subtree with
itself, kind, encoding (number in the list of names that follows, names separated by NUL).
"""

import struct
from dataclasses import dataclass
from enum import Enum

from mssmail.core.message import Span
from mssmail.mime.tree import Part, walk

_VERSION = 1
_HEAD = struct.Struct("<BI")
_ENTRY = struct.Struct("<IIIIBH")

PartPath = tuple[int, ...]


class PartKind(Enum):
    """What a part's children are."""

    LEAF = 0
    MULTIPART = 1
    MESSAGE = 2


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One part. For a message/rfc822 part ``message`` is the message it encloses (whose span is the part's body)."""

    header: Span
    body: Span
    kind: PartKind
    encoding: str
    message: "PartEntry | None" = None


def encode_parts(root: Part) -> bytes:
    """The table of a message's parts."""
    sizes: dict[int, int] = {}
    parts = list(walk(root))
    for part in reversed(parts):  # children before parents
        sizes[id(part)] = 1 + sum(sizes[id(child)] for child in part.children)
    names: dict[str, int] = {}
    rows = []
    for part in parts:
        kind = PartKind.MULTIPART if part.is_multipart else PartKind.MESSAGE if part.is_message else PartKind.LEAF
        number = names.setdefault(part.encoding, len(names))
        offsets = (part.header.start, part.body.start, part.body.end)
        rows.append(_ENTRY.pack(*offsets, sizes[id(part)], kind.value, number))
    return b"".join((_HEAD.pack(_VERSION, len(rows)), *rows, "\0".join(names).encode()))


def read_top_kind(raw: bytes) -> PartKind:
    """What the message itself is, without reading the rest; raises ValueError for what is no table."""
    try:
        return PartKind(_ENTRY.unpack_from(raw, _HEAD.size)[4])
    except struct.error as error:
        raise ValueError("a part table is cut off") from error


def decode_parts(raw: bytes) -> "PartTable":
    """The table from what ``encode_parts`` made; raises ValueError for anything else."""
    try:
        version, count = _HEAD.unpack_from(raw)
        end = _HEAD.size + count * _ENTRY.size
        rows = tuple(_ENTRY.iter_unpack(raw[_HEAD.size : end]))
    except struct.error as error:
        raise ValueError("a part table is cut off") from error
    if version != _VERSION or not rows or len(rows) != count:
        raise ValueError("this is no part table of ours")
    return PartTable(rows, tuple(raw[end:].decode().split("\0")))


@dataclass(frozen=True, slots=True)
class PartTable:
    """Finds parts by the numbers IMAP gives them (RFC 9051 §6.4.5.1)."""

    rows: tuple[tuple[int, int, int, int, int, int], ...]
    encodings: tuple[str, ...]

    def find(self, path: PartPath) -> PartEntry | None:
        """The part of this number, the message itself for ``()``; None when there is none.

        Part 1 of a message that is no multipart is its body; below a message/rfc822 part the enclosed message's own
        parts are numbered, as if it stood alone.
        """
        row = self._find_row(path)
        return None if row is None else self._read(row)

    def find_span(self, path: PartPath, text: str) -> Span | None:
        """The bytes ``BODY[path.text]`` means, ``text`` being ``""``, HEADER, TEXT or MIME; None for no such thing.

        HEADER and TEXT are of the message: the whole one without a path, else the enclosed one (``BODY[2.HEADER]`` is
        no header of part 2 but that of the message in it; the part's own is MIME).
        """
        entry = self.find(path)
        if entry is None:
            return None
        match text:
            case "":
                return entry.body if path else Span(entry.header.start, entry.body.end)
            case "MIME":
                return entry.header if path else None
            case _:
                message = entry.message if path else entry
                if message is None:
                    return None
                return message.header if text == "HEADER" else message.body

    def _find_row(self, path: PartPath) -> int | None:
        row = 0
        is_message = True  # its parts are numbered, but none has been chosen yet
        for number in path:
            if not is_message and self._kind(row) is PartKind.MESSAGE:
                row, is_message = row + 1, True
            if self._kind(row) is PartKind.MULTIPART:
                child = self._find_child(row, number)
                if child is None:
                    return None
                row = child
            elif not is_message or number != 1:
                return None
            is_message = False
        return row

    def _find_child(self, row: int, number: int) -> int | None:
        end, child = row + self.rows[row][3], row + 1
        while number > 1 and child < end:
            child += self.rows[child][3]
            number -= 1
        return child if number == 1 and child < end else None

    def _kind(self, row: int) -> PartKind:
        return PartKind(self.rows[row][4])

    def _read(self, row: int) -> PartEntry:
        start, body, end, _, kind, encoding = self.rows[row]
        message = None
        if kind == PartKind.MESSAGE.value:
            inner = self.rows[row + 1]
            message = PartEntry(
                Span(inner[0], inner[1]), Span(inner[1], inner[2]), PartKind(inner[4]), self.encodings[inner[5]]
            )
        return PartEntry(Span(start, body), Span(body, end), PartKind(kind), self.encodings[encoding], message)
