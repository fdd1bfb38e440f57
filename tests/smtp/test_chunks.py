"""BDAT: the same message however it is cut, the same refusals as under DATA, and room given back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.errors import BadLineEnding, Fault, LineTooLong, SpoolFull, TooBig
from mssmail.smtp.chunks import Chunk, ChunkReader, parse_chunk
from mssmail.smtp.limits import InflightLimit
from mssmail.smtp.line_check import MAX_LINE_BYTES
from mssmail.smtp.replies import RefusedArgument

OCTETS = st.lists(st.sampled_from([b"\r\n", b"a", b".", b"\r", b"\n", b"\r\n.\r\n", b"\0"]), max_size=20).map(b"".join)


@pytest.mark.parametrize(
    ("argument", "chunk"),
    [
        ("0", Chunk(0, False)),
        ("0 LAST", Chunk(0, True)),
        ("86 last", Chunk(86, True)),
        ("1000  LAST", Chunk(1000, True)),
        ("", None),
        ("LAST", None),
        ("-1", None),
        ("+1", None),
        ("0x10", None),
        ("1.5", None),
        ("86LAST", None),
        ("86 LAST LAST", None),
        ("86 FIRST", None),
        ("\u0661", None),
        ("9" * 19, None),
    ],
)
def test_a_chunk_has_a_size_and_may_be_the_last(argument: str, chunk: Chunk | None) -> None:
    if chunk is None:
        with pytest.raises(RefusedArgument):
            parse_chunk(argument)
    else:
        assert parse_chunk(argument) == chunk


def _read(*pieces: bytes, limit: int = 1_000, room: int = 10**9) -> bytes | type[Fault]:
    inflight = InflightLimit(room)
    reader = ChunkReader(limit, inflight)
    for piece in pieces:
        reader.feed(piece)
    try:
        return reader.take_message()
    except Fault as fault:
        return type(fault)
    finally:
        reader.give_back()
        reader.give_back()
        assert inflight.used == 0


@given(OCTETS, st.lists(st.integers(0, 60), max_size=5))
def test_every_cut_gives_the_same_message_or_refusal(octets: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(octets)]
    plain = octets.replace(b"\r\n", b"")
    is_bad = any(octet in plain for octet in b"\r\n\0")
    outcome = _read(*(octets[start:end] for start, end in pairwise(places)))
    assert outcome == (BadLineEnding if is_bad else octets)


def test_dots_are_not_stuffed_and_the_last_line_may_lack_its_end() -> None:
    assert _read(b".\r\n..\r\n.", b"a") == b".\r\n..\r\n.a"
    assert _read() == b""


@pytest.mark.parametrize(
    ("pieces", "limit", "room", "fault"),
    [
        ((b"x" * 11,), 10, 100, TooBig),
        ((b"x" * 6, b"x" * 5), 10, 100, TooBig),
        ((b"x" * 6, b"x" * 5), 100, 10, SpoolFull),
        ((b"a\r", b"b\n"), 100, 100, BadLineEnding),
        ((b"a\r",), 100, 100, BadLineEnding),
        ((b"x" * (MAX_LINE_BYTES + 1),), 10**6, 10**6, LineTooLong),
    ],
)
def test_what_data_refuses_is_refused(pieces: tuple[bytes, ...], limit: int, room: int, fault: type[Fault]) -> None:
    assert _read(*pieces, limit=limit, room=room) is fault


def test_what_is_refused_is_neither_kept_nor_counted_any_longer() -> None:
    inflight = InflightLimit(100)
    reader = ChunkReader(1_000, inflight)
    reader.feed(b"x" * 90)
    assert (inflight.used, reader.is_refused) == (90, False)
    reader.feed(b"\n")
    assert (inflight.used, reader.is_refused) == (0, True)
    reader.feed(b"x" * 90)
    assert inflight.used == 0
    assert reader.size == 181
