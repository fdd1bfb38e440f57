"""One message as SEARCH reads it: opened only when a key needs its bytes, and once for all keys."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from sqlalchemy import Connection

from mssmail.core.mailbox import ViewLayout
from mssmail.core.message import Span
from mssmail.errors import NoSuchMailbox, StoreUnavailable
from mssmail.mime.headers import Field, decode_words, iterate_fields, walk_fields
from mssmail.mime.parts import scan
from mssmail.mime.text import extract_part_headers, extract_text, fold, fold_running
from mssmail.store.bodies import read_body
from mssmail.store.documents import find_words
from mssmail.store.layouts import load_layout
from mssmail.store.texts import MAX_KEPT, FoldedText, PackedText, find_text, join_text

MAX_READ = 67_108_864  # octets of a message that are searched; what lies beyond is not, lest it be held whole
MAX_NAMESAKES = 100_000  # fields of one name that are looked at in a message without kept text: a second at most

_NAME = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*", re.MULTILINE)


class Reading:
    """A message that may be opened. What cannot be read (a damaged file) has no text, and fails no search."""

    def __init__(self, conn: Connection, message_id: int) -> None:
        self._conn = conn
        self._message_id = message_id
        self._octets = 0

    @property
    def octets(self) -> int:
        """Read or unpacked so far."""
        kept = self.__dict__.get("_kept")
        return self._octets if kept is None else self._octets + kept.octets

    def has_header_text(self, field: str, folded: str) -> bool:
        """A field of this (lower-case) name contains the folded text; empty text: there is such a field."""
        if self._kept is not None:
            return self._kept.has_header_text(field, folded)
        named = islice(iterate_fields(self._header, Span(0, len(self._header)), field), MAX_NAMESAKES)
        return any(folded in self._fold_value(found) for found in named if found.key == field)

    def has_body_text(self, folded: str) -> bool:
        """The decoded body contains the folded text."""
        return (self._kept or self.text).has_body_text(folded)

    def has_any_text(self, folded: str) -> bool:
        """Header, body, headers of parts or what the documents in it tell contain the folded text."""
        return (self._kept or self.text).has_any_text(folded)

    @cached_property
    def text(self) -> FoldedText:
        """All that may be searched: as it is kept, else decoded now."""
        if self._kept is not None:
            return self._kept.text
        data = b"" if self._layout is None else self._read(Span(0, min(self._layout.length, MAX_READ)))
        root = scan(data)
        beside = "\n".join((find_words(self._conn, self._message_id), *extract_part_headers(data, root)))
        return join_text(self._fold_fields(), fold_running(beside), map(fold_running, extract_text(data, root)))

    @cached_property
    def _kept(self) -> PackedText | None:
        return find_text(self._conn, self._message_id)

    @cached_property
    def _layout(self) -> ViewLayout | None:
        return load_layout(self._conn, self._message_id)

    @cached_property
    def _header(self) -> bytes:
        """The view's header: our prefix, then the message's without the cuts."""
        layout = self._layout
        if layout is None:
            return b""
        data = self._read(layout.header)
        start = layout.header.start
        kept = [layout.prefix]
        for cut in layout.cuts:
            kept.append(data[start - layout.header.start : cut.start - layout.header.start])
            start = cut.end
        return b"".join([*kept, data[start - layout.header.start :]])

    def _fold_fields(self) -> Iterator[str]:
        """``name: value`` of each field; what follows when they are more than is kept of a text comes in one piece.

        Only a client's own APPEND has such a header. Names are written alike there too: trigrams are made of it.
        """
        held = 0
        for found in walk_fields(self._header, Span(0, len(self._header))):
            if held > MAX_KEPT:
                yield fold_running(decode_words(_NAME.sub(rb"\1: ", self._header[found.span.start :])))
                return
            line = f"{fold(found.name)}: {self._fold_value(found)}"
            held += len(line)
            yield line

    def _fold_value(self, found: Field) -> str:
        return fold_running(decode_words(found.read(self._header)))

    def _read(self, span: Span) -> bytes:
        try:
            data = read_body(self._conn, self._message_id, span)
        except (StoreUnavailable, NoSuchMailbox):
            return b""
        self._octets += len(data)
        return data
