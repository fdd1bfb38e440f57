"""Message bytes → the tree of their parts, as offsets (RFC 2046 §5.1). Nothing is decoded, nothing is copied.

One pass: a stack of open parts, and the next line that begins with ``--``. A delimiter of any open multipart ends
whatever is open below it, so a part can never reach beyond its parent (RFC 2046 §5.1.2). Every byte is looked at a
fixed number of times however deep the nesting: there is no input that takes more than linear time.
"""

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mssmail.core.message import Span
from mssmail.mime.content import DIGEST_ENTRY, PLAIN_TEXT, Content, parse_content
from mssmail.mime.headers import MAX_HEADER_BYTES, Authors, read_authors
from mssmail.mime.tree import Part, walk

__all__ = ["MAX_DEPTH", "MAX_HEADER_BYTES", "MAX_PARTS", "Part", "scan", "scan_message", "walk"]

MAX_DEPTH = 50
MAX_PARTS = 10_000
_MAX_DELIMITER_LINE = 1_000  # RFC 5322 §2.1.1: 998 and CRLF

_BLANK_LINE = re.compile(rb"\n\r?\n")
# Encodings a composite part may not have (RFC 2045 §6.4): its content is not there to be read in place.
_OPAQUE = frozenset(("base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "binhex", "x-gzip64"))
_MESSAGES = frozenset(("rfc822", "global"))


def scan(data: bytes) -> Part:
    """The tree of a message; never raises. What is beyond our limits becomes a leaf; ``faults`` of the root says so."""
    return scan_message(data)[0]


def scan_message(data: bytes) -> tuple[Part, Authors]:
    """The tree, and who the message says it is from, which is among what may be wrong with it."""
    return _Scanner(data).scan()


@dataclass(slots=True)
class _Open:
    """A part whose end is not known yet."""

    start: int
    body: int
    content: Content
    lines: int  # line ends of the message before the body
    children: list[Part] = field(default_factory=list)


class _Delimiter(NamedTuple):
    level: int  # index of its multipart in the stack
    content_end: int  # the line end before it belongs to the delimiter (RFC 2046 §5.1.1)
    end: int
    is_close: bool


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stack: list[_Open] = []
        self._active: dict[bytes, int] = {}  # boundary → index in the stack
        self._count = 0
        self._faults: dict[str, None] = {}
        self._blank_lines = (0, -1, 0)  # searched from, found at, ends at
        self._counted = (0, 0)  # place, line ends before it

    def scan(self) -> tuple[Part, Authors]:
        at = self._open(0, PLAIN_TEXT)
        while self._active:
            delimiter = self._find_delimiter(at, len(self._data))
            if delimiter is None:
                self._faults["a multipart is not closed"] = None
                break
            at = self._obey(delimiter)
        root = self._close_above(-1, len(self._data))
        authors = read_authors(self._data, root.header)
        self._faults.update(dict.fromkeys(authors.faults))
        return (replace(root, faults=tuple(self._faults)) if self._faults else root), authors

    def _obey(self, delimiter: _Delimiter) -> int:
        """Close what the delimiter ends, open what it begins; where to go on."""
        if self._count >= MAX_PARTS and not delimiter.is_close:
            self._faults[f"there are more than {MAX_PARTS} parts"] = None
            self._active.clear()
            return delimiter.end
        level = delimiter.level
        self._close_above(level, delimiter.content_end)
        multipart = self._stack[level].content
        if delimiter.is_close:
            del self._active[multipart.boundary]
            return delimiter.end
        return self._open(delimiter.end, DIGEST_ENTRY if multipart.subtype == "digest" else PLAIN_TEXT)

    def _open(self, start: int, default: Content) -> int:
        """Open the part at ``start`` and the messages it encloses; where the innermost body starts."""
        while True:
            body = self._find_body(start)
            content = self._read_content(start, body, default)
            self._stack.append(_Open(start, body, content, self._count_lines(body)))
            self._count += 1
            if content.type == "multipart":
                self._expect_parts(content)
                return body
            if not self._has_message(content):
                return body
            start, default = body, PLAIN_TEXT

    def _read_content(self, start: int, body: int, default: Content) -> Content:
        if body - start > MAX_HEADER_BYTES:
            self._faults[f"a header is longer than {MAX_HEADER_BYTES} bytes"] = None
            return PLAIN_TEXT
        content = parse_content(self._data[start:body], default)
        self._faults.update(dict.fromkeys(content.faults))
        return content

    def _expect_parts(self, content: Content) -> None:
        """Make the boundary of a multipart known, when it is usable."""
        if content.encoding in _OPAQUE:
            self._faults[f"a multipart claims to be encoded in {content.encoding}"] = None
        if not content.boundary:
            self._faults["a multipart has no boundary"] = None
        elif content.boundary in self._active:
            # The delimiters are the outer one's: they end this part.
            self._faults["two nested multiparts have the same boundary"] = None
        elif not self._is_too_deep():
            self._active[content.boundary] = len(self._stack) - 1

    def _has_message(self, content: Content) -> bool:
        if content.type != "message" or content.subtype not in _MESSAGES:
            return False
        if content.encoding in _OPAQUE:
            self._faults[f"an enclosed message is encoded in {content.encoding}"] = None
            return False
        if self._count >= MAX_PARTS:
            self._faults[f"there are more than {MAX_PARTS} parts"] = None
            return False
        return not self._is_too_deep()

    def _is_too_deep(self) -> bool:
        if len(self._stack) < MAX_DEPTH:
            return False
        self._faults[f"parts are nested more than {MAX_DEPTH} deep"] = None
        return True

    def _close_above(self, level: int, end: int) -> Part:
        """Close the open parts above a level at ``end``; the last one closed (of the call with -1: the root)."""
        part = Part(Span(0, 0), Span(0, 0))
        while len(self._stack) > level + 1:
            part = self._build(self._stack.pop(), end)
            end = part.body.end  # an empty part may start behind the line end that the delimiter claims
            if self._stack:
                self._stack[-1].children.append(part)
        return part

    def _build(self, done: _Open, end: int) -> Part:
        content, end = done.content, max(end, done.body)
        if self._active.get(content.boundary) == len(self._stack):
            del self._active[content.boundary]
        return Part(
            header=Span(done.start, done.body),
            body=Span(done.body, end),
            type=content.type,
            subtype=content.subtype,
            params=content.params,
            encoding=content.encoding,
            disposition=content.disposition,
            disposition_params=content.disposition_params,
            content_id=content.content_id,
            description=content.description,
            language=content.language,
            location=content.location,
            md5=content.md5,
            children=tuple(done.children),
            lines=self._count_lines(end) - done.lines,
        )

    def _find_body(self, start: int) -> int:
        """Where the header from ``start`` ends: behind its blank line, or where a delimiter cuts it off."""
        end = self._find_blank_line(start)
        if self._active:
            # The line end of the blank line itself may be the one that belongs to a delimiter, hence + 2 for "--".
            cut = self._find_delimiter(start, min(end + 2, len(self._data)))
            if cut is not None:
                return max(start, cut.content_end)
        return end

    def _find_blank_line(self, start: int) -> int:
        """The end of the first blank line; found once for all headers before it."""
        for blank in (b"\r\n", b"\n"):
            if self._data.startswith(blank, start):
                return start + len(blank)
        searched, found, end = self._blank_lines
        if not searched <= start <= found:
            match = _BLANK_LINE.search(self._data, start)
            found, end = match.span() if match else (len(self._data), len(self._data))
            self._blank_lines = (start, found, end)
        return end

    def _find_delimiter(self, at: int, limit: int) -> _Delimiter | None:
        """The next line at or after ``at`` (a line start, or inside a line) that delimits an open multipart."""
        data, at = self._data, max(at - 1, 0)
        while (found := data.find(b"\n--", at, limit)) >= 0:
            stop = data.find(b"\n", found + 3, found + 3 + _MAX_DELIMITER_LINE)
            end = stop + 1 if stop >= 0 else len(data)
            if end - found <= _MAX_DELIMITER_LINE + 4:
                line = data[found + 3 : end].removesuffix(b"\n").removesuffix(b"\r").rstrip(b" \t")
                matched = self._match_delimiter(line)
                if matched is not None:
                    before = found - 1 if found and data[found - 1] == 0x0D else found
                    return _Delimiter(matched[0], before, end, matched[1])
            at = stop if stop >= 0 else found + 3
        return None

    def _match_delimiter(self, line: bytes) -> tuple[int, bool] | None:
        """Level and kind of a delimiter line; where a boundary ends in ``--`` two readings meet: the outer one wins."""
        level = self._active.get(line)
        if line.endswith(b"--"):
            closed = self._active.get(line[:-2])
            if closed is not None and (level is None or closed < level):
                return closed, True
        return None if level is None else (level, False)

    def _count_lines(self, place: int) -> int:
        """Line ends before a place. Places come in order, so that each byte is counted once."""
        known, lines = self._counted
        lines += self._data.count(b"\n", known, place)
        self._counted = (place, lines)
        return lines
