"""The DATA reader: one answer for every way to cut the octets, and one true end."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.errors import BadLineEnding, Fault, LineTooLong, SpoolFull, TooBig
from mssmail.smtp.limits import InflightLimit
from mssmail.smtp.line_check import MAX_LINE_BYTES
from mssmail.smtp.reader import DataReader

LIMIT = 1_000
NEXT = b"MAIL FROM:<x@y>\r\n"

# Wire images with their outcome: the message, or the fault. Each is followed by a pipelined command.
IMAGES = {
    "plain": (b"a: b\r\n\r\nbody\r\n.\r\n", b"a: b\r\n\r\nbody\r\n"),
    "empty": (b".\r\n", b""),
    "stuffed": (b"..\r\n.x\r\n...\r\n.\r\n", b".\r\nx\r\n..\r\n"),
    "dot-first": (b"..a\r\n.\r\n", b".a\r\n"),
    "lf-dot-lf": (b"a\n.\nRCPT\r\n.\r\n", BadLineEnding),
    "lf-dot-crlf": (b"a\n.\r\nRCPT\r\n.\r\n", BadLineEnding),
    "crlf-dot-lf": (b"a\r\n.\nRCPT\r\n.\r\n", BadLineEnding),
    "cr-dot-cr": (b"a\r.\rRCPT\r\n.\r\n", BadLineEnding),
    "cr-dot-crlf": (b"a\r.\r\nRCPT\r\n.\r\n", BadLineEnding),
    "crlf-dot-cr": (b"a\r\n.\rRCPT\r\n.\r\n", BadLineEnding),
    "crcrlf-dot": (b"a\r\r\n.\r\n", BadLineEnding),
    "cr-at-the-end": (b"a\r\r\n.\r\n", BadLineEnding),
    "lf-cr-dot": (b"a\n\r.\r\n\r\n.\r\n", BadLineEnding),
    "first-is-lf": (b"\n.\r\n\r\n.\r\n", BadLineEnding),
    "nul": (b"a\0b\r\n.\r\n", BadLineEnding),
    "nul-dot": (b"a\r\n\0.\r\n\r\n.\r\n", BadLineEnding),
    "eight-bit": (b"\xe9\x85\x80\r\n.\r\n", b"\xe9\x85\x80\r\n"),
}


def _read(*pieces: bytes, limit: int = LIMIT, room: int = 10**9) -> tuple[bytes | type[Fault], bytes]:
    reader = DataReader(limit, InflightLimit(room))
    for index, piece in enumerate(pieces):
        rest = reader.feed(piece)
        if rest is not None:
            rest += b"".join(pieces[index + 1 :])
            try:
                return reader.take_message(), rest
            except Fault as fault:
                return type(fault), rest
    raise AssertionError("no end was found")


@pytest.mark.parametrize("name", IMAGES)
def test_every_two_cuts_give_the_same_message_and_the_same_next_command(name: str) -> None:
    image, outcome = IMAGES[name]
    wire = image + NEXT
    for first, second in combinations(range(len(wire) + 1), 2):
        assert _read(wire[:first], wire[first:second], wire[second:]) == (outcome, NEXT), (first, second)


@pytest.mark.parametrize("name", IMAGES)
def test_octet_by_octet_is_no_different(name: str) -> None:
    image, outcome = IMAGES[name]
    wire = image + NEXT
    assert _read(*(wire[i : i + 1] for i in range(len(wire)))) == (outcome, NEXT)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\0"])), st.lists(st.integers(0, 200), max_size=6))
def test_any_octets_in_any_pieces_agree_with_the_rule(octets: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(octets) + b"\r\n.\r\n"
    body, _, rest = (b"\r\n" + wire).partition(b"\r\n.\r\n")
    body += b"\r\n"
    bare = body.replace(b"\r\n", b"")
    wanted: bytes | type[Fault] = body.replace(b"\r\n.", b"\r\n")[2:]
    if any(octet in bare for octet in b"\r\n\0"):
        wanted = BadLineEnding
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    assert _read(*(wire[a:b] for a, b in pairwise(places))) == (wanted, rest)


@pytest.mark.parametrize(("length", "wanted"), [(MAX_LINE_BYTES, None), (MAX_LINE_BYTES + 1, LineTooLong)])
@pytest.mark.parametrize("before", [b"", b"x\r\n", b"x\r\n" * 9_999])
@pytest.mark.parametrize("step", [4_096, 65_536, 10**7])
def test_a_long_line_passes_up_to_the_limit(length: int, wanted: type[Fault] | None, before: bytes, step: int) -> None:
    message = before + b"y" * length + b"\r\nz\r\n"
    wire = message + b".\r\n"
    pieces = [wire[i : i + step] for i in range(0, len(wire), step)]
    assert _read(*pieces, limit=10**7) == (wanted or message, b"")


@pytest.mark.parametrize("step", [1, 3, 4_096])
def test_too_much_is_read_to_its_end_and_refused(step: int) -> None:
    for size, wanted in ((LIMIT, None), (LIMIT + 1, TooBig), (20 * LIMIT, TooBig)):
        message = b"x" * (size - 2) + b"\r\n"
        wire = message + b".\r\n" + NEXT
        assert _read(*(wire[i : i + step] for i in range(0, len(wire), step))) == (wanted or message, NEXT)


def test_stuffing_does_not_count_against_the_size() -> None:
    message = b".\r\n" * (LIMIT // 3)
    assert _read(message.replace(b".", b"..") + b".\r\n") == (message, b"")


def test_a_refused_message_is_not_kept() -> None:
    reader = DataReader(10**6, InflightLimit(10**9))
    reader.feed(b"a\nb" + b"x" * 500_000)
    assert len(reader._buffer) < 10
    big = DataReader(1_000, InflightLimit(10**9))
    big.feed(b"x" * 500_000)
    assert len(big._buffer) < 10


@pytest.mark.parametrize("step", [1, 100, 4_096])
def test_no_room_is_a_temporary_fault_found_at_the_end(step: int) -> None:
    wire = b"x" * 500 + b"\r\n.\r\n" + NEXT
    assert _read(*(wire[i : i + step] for i in range(0, len(wire), step)), room=300) == (SpoolFull, NEXT)


def test_takes_room_for_what_it_keeps_until_it_is_given_back() -> None:
    room = InflightLimit(10**9)
    reader = DataReader(10**6, room)
    assert reader.feed(b"x" * 40_000) is None
    assert reader.feed(b"\r\n.\r\n" + NEXT) == NEXT
    assert room.used == reader.size == 40_005
    reader.give_back()
    reader.give_back()
    assert room.used == 0


@pytest.mark.parametrize("refused", [b"a\nb" + b"x" * 40_000, b"x" * 3_000_000])
def test_a_refused_message_leaves_its_room_to_others(refused: bytes) -> None:
    room = InflightLimit(10**9)
    assert DataReader(10**6, room).feed(refused) is None
    assert room.used == 0


def test_of_messages_too_many_together_those_that_fit_are_taken() -> None:
    room = InflightLimit(100_000)
    readers = [DataReader(10**6, room) for _ in range(3)]
    for _ in range(16):
        for reader in readers:
            reader.feed(b"x" * 3_000)
    outcomes: list[object] = []
    for reader in readers:
        reader.feed(b"\r\n.\r\n")
        try:
            outcomes.append(len(reader.take_message()))
        except SpoolFull:
            outcomes.append(SpoolFull)
    assert outcomes.count(SpoolFull) == 1
    assert outcomes.count(48_002) == 2
