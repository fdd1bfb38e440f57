"""Sections cut by offsets, and flags as they are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.mailbox import UID, MessageMeta, ModSeq, SeqNum, ViewLayout
from mssmail.core.message import Span
from mssmail.imap.render import (
    Slice,
    encode_flag_list,
    encode_updates,
    find_header,
    find_section,
)
from mssmail.imap.view import Expunged, FlagsChanged, Grown, Update
from mssmail.imap.wire.commands import Section
from mssmail.mime.part_table import decode_parts, encode_parts
from mssmail.mime.parts import scan

PREFIX = b"Return-Path: <a@b.test>\r\nReceived: from x\r\n by y\r\n"
FORGED = b"Authentication-Results: mss.test; smime=pass\r\n"
NESTED = b"Subject: inner\r\nContent-Type: text/plain\r\n\r\ninner text\r\n"
MESSAGE = (
    b"From: a@b.test\r\n" + FORGED + b"Subject: outer\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n'
    b"\r\n"
    b"preamble\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + NESTED + b"\r\n--b--\r\n"
)


def _layout(message: bytes = MESSAGE, prefix: bytes = PREFIX, cut: bytes = FORGED) -> ViewLayout:
    root = scan(message)
    start = message.find(cut)
    cuts = (Span(start, start + len(cut)),) if cut and start >= 0 else ()
    return ViewLayout(1, prefix, root.header, cuts, encode_parts(root), len(message))


def _read(found: Slice | None, message: bytes = MESSAGE) -> bytes | None:
    if found is None:
        return None
    return b"".join(piece.cut(message) if isinstance(piece, Span) else piece for piece in found.pieces)


def _section(*part: int, text: str = "") -> bytes | None:
    layout = _layout()
    return _read(find_section(layout, decode_parts(layout.parts), Section(part, text)))


_HEADER = PREFIX + MESSAGE[: MESSAGE.find(b"preamble")].replace(FORGED, b"")
_BODY = MESSAGE[MESSAGE.find(b"preamble") :]


@pytest.mark.parametrize(
    ("part", "text", "expected"),
    [
        ((), "", _HEADER + _BODY),
        ((), "HEADER", _HEADER),
        ((), "HEADER.FIELDS", _HEADER),
        ((), "TEXT", _BODY),
        ((1,), "", b"first"),
        ((1,), "MIME", b"Content-Type: text/plain\r\n\r\n"),
        ((1,), "HEADER", None),
        ((2,), "", NESTED),
        ((2,), "MIME", b"Content-Type: message/rfc822\r\n\r\n"),
        ((2,), "HEADER", b"Subject: inner\r\nContent-Type: text/plain\r\n\r\n"),
        ((2,), "TEXT", b"inner text\r\n"),
        ((2, 1), "", b"inner text\r\n"),
        ((2, 2), "", None),
        ((3,), "", None),
    ],
)
def test_cuts_sections(part: tuple[int, ...], text: str, expected: bytes | None) -> None:
    assert _section(*part, text=text) == expected


def test_a_message_that_is_no_multipart_has_its_text_as_part_one() -> None:
    message = b"Subject: x\r\n\r\ntext"
    layout = _layout(message, prefix=b"P: 1\r\n", cut=b"")
    table = decode_parts(layout.parts)
    assert _read(find_section(layout, table, Section((1,))), message) == b"text"
    assert _read(find_section(layout, table, Section((1,), "MIME")), message) == b"P: 1\r\nSubject: x\r\n\r\n"


def test_without_a_part_table_only_parts_are_missing() -> None:
    layout = _layout()
    assert find_section(layout, None, Section((1,))) is None
    assert _read(find_section(layout, None, Section())) == _HEADER + _BODY


def test_the_size_of_the_view_is_what_is_read() -> None:
    layout = _layout()
    assert layout.size == len(_HEADER + _BODY)


def test_neighbouring_spans_are_one_read() -> None:
    layout = _layout(prefix=b"", cut=b"")
    assert find_section(layout, None, Section()) == Slice((Span(0, len(MESSAGE)),))
    assert find_header(_layout()).pieces[0] == PREFIX


@given(st.integers(0, 700), st.integers(1, 700))
def test_a_partial_is_the_same_cut_of_the_whole(offset: int, length: int) -> None:
    whole = find_section(_layout(), None, Section())
    assert whole is not None
    assert _read(whole.cut(offset, length)) == (_HEADER + _BODY)[offset : offset + length]
    assert len(whole.cut(offset, length)) == len((_HEADER + _BODY)[offset : offset + length])


_META = MessageMeta(UID(5), ModSeq(9), frozenset({"\\Seen", "$x"}), message_id=1)


def test_tells_what_happened() -> None:
    updates: list[Update] = [Expunged(SeqNum(3), UID(9)), Grown(7, 2), FlagsChanged(SeqNum(1), _META, recent=False)]
    assert encode_updates(updates) == (
        b"* 3 EXPUNGE\r\n* 7 EXISTS\r\n* 2 RECENT\r\n* 1 FETCH (UID 5 FLAGS ($x \\Seen))\r\n"
    )
    assert encode_flag_list(frozenset(), recent=False) == b"()"
