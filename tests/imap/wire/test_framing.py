"""Lines, literals, limits: what comes out of the framer, and that it never depends on how the bytes came."""

import time

import pytest

from mssmail.imap.wire.frames import (
    BEFORE_LOGIN,
    Event,
    Frame,
    HangUp,
    Limits,
    Literal,
    Malformed,
    NeedContinuation,
    RawLine,
    TooBig,
    build_limits,
)
from mssmail.imap.wire.framing import Framer
from tests.imap.wire.support import read_events

SMALL = Limits(line=40, literal=10, command=60, literals=2, discard=200)

LINE_TOO_LONG = "the line is too long"
LITERAL_TOO_BIG = "the literal is too big"
HANG_UP = HangUp("the command is too long to be read past")
NEXT = Frame(b"Z NOOP")

# What is sent, what comes out. Each is followed by another command, so that we see that nobody lost the place.
CASES: dict[str, tuple[bytes, list[Event]]] = {
    "a line": (b"A1 NOOP\r\n", [Frame(b"A1 NOOP")]),
    "an empty line": (b"\r\n", [Frame(b"")]),
    "two lines": (b"A1 NOOP\r\nA2 NOOP\r\n", [Frame(b"A1 NOOP"), Frame(b"A2 NOOP")]),
    "a synchronising literal": (
        b"A1 X {3}\r\nabc y\r\n",
        [NeedContinuation(3), Frame(b"A1 X \n y", (Literal(b"abc"),))],
    ),
    "a non-synchronising literal": (b"A1 X {3+}\r\nabc\r\n", [Frame(b"A1 X \n", (Literal(b"abc"),))]),
    "an empty literal": (b"A1 X {0}\r\n\r\n", [NeedContinuation(0), Frame(b"A1 X \n", (Literal(b""),))]),
    "leading zeros": (b"A1 X {0003+}\r\nabc\r\n", [Frame(b"A1 X \n", (Literal(b"abc"),))]),
    "two literals": (
        b"A1 X {1+}\r\na {2}\r\nbc\r\n",
        [NeedContinuation(2), Frame(b"A1 X \n \n", (Literal(b"a"), Literal(b"bc")))],
    ),
    "a literal that looks like commands": (
        b"A1 X {10+}\r\n\r\nA2 {1+}\r\r\n",
        [Frame(b"A1 X \n", (Literal(b"\r\nA2 {1+}\r"),))],
    ),
    "a literal8": (b"A1 X ~{2+}\r\n\x00a\r\n", [Frame(b"A1 X \n", (Literal(b"\x00a", binary=True),))]),
    "braces that announce nothing": (b"A1 {} {a} {3+ }\r\n", [Frame(b"A1 {} {a} {3+ }")]),
    "a brace that closes nothing": (b"A1 3}\r\n", [Frame(b"A1 3}")]),
    "a mark within the line": (b"A1 {3} x\r\n", [Frame(b"A1 {3} x")]),
    "the longest line": (b"A" * 40 + b"\r\n", [Frame(b"A" * 40)]),
    "a line too long": (b"A1 " + b"x" * 38 + b"\r\n", [TooBig("A1", LINE_TOO_LONG)]),
    "a line much too long": (b"A1 " + b"x" * 150 + b"\r\n", [TooBig("A1", LINE_TOO_LONG)]),
    "a line too long without a tag": (b"x" * 50 + b"\r\n", [TooBig("", LINE_TOO_LONG)]),
    "a line too long with carriage returns": (b"A1 " + b"\r" * 50 + b"\r\n", [TooBig("A1", LINE_TOO_LONG)]),
    "a line too long, counted over its literals": (
        b"A1 " + b"x" * 30 + b" {1+}\r\na" + b"x" * 10 + b"\r\n",
        [TooBig("A1", LINE_TOO_LONG)],
    ),
    "a line too long that announces a synchronising literal": (
        b"A1 " + b"x" * 50 + b" {5}\r\n",
        [TooBig("A1", LINE_TOO_LONG)],
    ),
    "a line too long that announces a literal all the same": (
        b"A1 " + b"x" * 50 + b" {9+}\r\n12345\r\n89 y\r\n",
        [TooBig("A1", LINE_TOO_LONG)],
    ),
    "a synchronising literal too big": (b"A1 X {11}\r\n", [TooBig("A1", LITERAL_TOO_BIG)]),
    "a literal too big": (b"A1 X {11+}\r\n1234567\r\n89 y\r\n", [TooBig("A1", LITERAL_TOO_BIG)]),
    "a literal too big, then more literals": (
        b"A1 X {11+}\r\n1234567\r\n89 {2+}\r\n\r\n {3}\r\n",
        [TooBig("A1", LITERAL_TOO_BIG)],
    ),
    "a literal beyond 64 bits": (b"A1 X {99999999999999999999}\r\n", [TooBig("A1", LITERAL_TOO_BIG)]),
    "a literal with endless digits": (b"A1 X {1" + b"0" * 25 + b"}\r\n", [TooBig("A1", LITERAL_TOO_BIG)]),
    "too many literals": (
        b"A1 {1+}\r\na {1+}\r\nb {1+}\r\nc\r\n",
        [TooBig("A1", "too many literals")],
    ),
    "a command too big": (
        b"A1 " + b"x" * 25 + b" {10+}\r\n0123456789 {10+}\r\n0123456789\r\n",
        [TooBig("A1", "the command is too big")],
    ),
    "a bare LF": (b"A1 NOOP\nA2 LOGOUT\r\n", [Malformed("A1", "a bare CR or LF")]),
    "a bare CR": (b"A1 NOOP\rx\r\n", [Malformed("A1", "a bare CR or LF")]),
    "a CR too many": (b"A1 NOOP\r\r\n", [Malformed("A1", "a bare CR or LF")]),
    "a bare LF before a literal": (b"A1 a\nb {4+}\r\n\r\n\r\n\r\n", [Malformed("A1", "a bare CR or LF")]),
    "a bare LF after a literal": (b"A1 {1+}\r\na \n\r\n", [Malformed("A1", "a bare CR or LF")]),
    "a bare LF and no tag": (b"\n\r\n", [Malformed("", "a bare CR or LF")]),
}
FATAL: dict[str, tuple[bytes, list[Event]]] = {
    "a literal too big to be read past": (b"A1 X {300+}\r\n", [HANG_UP]),
    "a literal beyond 64 bits that is on its way": (b"A1 X {1" + b"0" * 25 + b"+}\r\n", [HANG_UP]),
    "the same behind a line too long": (b"A1 " + b"x" * 60 + b"{1" + b"0" * 25 + b"+}\r\n", [HANG_UP]),
    "a line too long to be read past": (b"A1 " + b"x" * 200 + b"\r\n", [HANG_UP]),
    "a refused command that does not end": (
        b"A1 X {100+}\r\n" + b"x" * 100 + b" {100+}\r\n",
        [HANG_UP],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("size", [1_000, 1, 2, 3, 7])
def test_a_command_gives_these_events_in_whatever_pieces_it_comes(name: str, size: int) -> None:
    data, expected = CASES[name]
    data += b"Z NOOP\r\n"
    framer = Framer(SMALL)
    events = [event for at in range(0, len(data), size) for event in read_events(framer, data[at : at + size])]
    assert events == [*expected, NEXT]


@pytest.mark.parametrize("name", FATAL)
@pytest.mark.parametrize("size", [1_000, 1, 3])
def test_what_cannot_be_read_past_ends_the_connection(name: str, size: int) -> None:
    data, expected = FATAL[name]
    data += b"Z NOOP\r\n"
    framer = Framer(SMALL)
    events = [event for at in range(0, len(data), size) for event in read_events(framer, data[at : at + size])]
    assert events == expected
    assert framer.clear() == 0


def test_the_tag_of_a_line_too_long_is_read_only_within_the_limit() -> None:
    tag = b"T" * 41
    assert read_events(Framer(SMALL), tag + b" NOOP\r\n") == [TooBig("", LINE_TOO_LONG)]


def test_a_line_can_be_asked_for_and_is_then_no_command() -> None:
    framer = Framer(SMALL)
    framer.feed(b"A1 IDLE\r\nDONE\r\nA2 NOOP\r\n")
    assert framer.next_event() == Frame(b"A1 IDLE")
    framer.expect_line()
    assert framer.next_event() == RawLine(b"DONE")
    assert framer.next_event() == Frame(b"A2 NOOP")
    assert framer.next_event() is None


def test_a_line_that_was_asked_for_announces_no_literal() -> None:
    framer = Framer(SMALL)
    framer.expect_line()
    assert read_events(framer, b"x {3+}\r\nabc\r\n") == [RawLine(b"x {3+}"), Frame(b"abc")]


@pytest.mark.parametrize("size", [1_000, 1])
def test_a_line_that_was_asked_for_keeps_the_limits(size: int) -> None:
    framer = Framer(SMALL)
    framer.expect_line()
    data = b"x y" * 20 + b"\r\nA1 NOOP\r\n"
    events = [event for at in range(0, len(data), size) for event in read_events(framer, data[at : at + size])]
    assert events == [TooBig("", LINE_TOO_LONG), Frame(b"A1 NOOP")]


def test_a_line_that_was_asked_for_is_a_line() -> None:
    framer = Framer(SMALL)
    framer.expect_line()
    assert read_events(framer, b"DO\nNE\r\n") == [Malformed("", "a bare CR or LF")]


def test_what_came_with_starttls_can_be_forgotten() -> None:
    framer = Framer(SMALL)
    framer.feed(b"A1 STARTTLS\r\nA2 LOGIN a b\r\n")
    assert framer.next_event() == Frame(b"A1 STARTTLS")
    assert framer.clear() == 14
    assert framer.next_event() is None
    assert read_events(framer, b"A3 NOOP\r\n") == [Frame(b"A3 NOOP")]


def test_the_limits_can_grow_after_signing_in() -> None:
    framer = Framer(BEFORE_LOGIN)
    assert read_events(framer, b"A1 APPEND x {5000}\r\n") == [TooBig("A1", LITERAL_TOO_BIG)]
    framer.limits = build_limits(10_000)
    assert read_events(framer, b"A2 APPEND x {5000}\r\n") == [NeedContinuation(5000)]


def test_an_endless_line_is_not_held() -> None:
    framer = Framer(Limits(line=1_000, literal=10, command=2_000, literals=2, discard=100_000_000))
    for _ in range(100):
        assert read_events(framer, b"x" * 10_000) == []
        assert len(framer._buffer) <= 10_000


@pytest.mark.parametrize("lines", [20_000])
def test_many_small_pieces_take_linear_time(lines: int) -> None:
    """A scan that began at the start for each piece or literal would take minutes, not a moment."""
    framer = Framer(Limits(line=10**7, literal=10**7, command=10**8, literals=10**6, discard=10**8))
    started = time.process_time()
    read_events(framer, b"A1 X")
    for _ in range(lines):
        read_events(framer, b" {3+}\r\nabc")
    for _ in range(lines):
        read_events(framer, b"x" * 100)
    assert len(read_events(framer, b"\r\n")) == 1
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", [b"APPEND INBOX", b"append INBOX", b"UID REPLACE 1 INBOX", b"REPLACE 1 INBOX"])
def test_only_messages_may_be_larger_than_words(name: bytes) -> None:
    framer = Framer(build_limits(40_000_000))
    framer.feed(b"A " + name + b" {40000000}\r\n")
    assert framer.next_event() == NeedContinuation(40_000_000)


@pytest.mark.parametrize(
    "command", [b"SEARCH BODY {%d}", b"SEARCH SUBJECT {1+}\r\na BODY {%d}", b'CREATE "APPEND" {%d}']
)
def test_forty_megabytes_to_search_for_are_refused_before_they_are_sent(command: bytes) -> None:
    framer = Framer(build_limits(40_000_000))
    framer.feed(b"A " + command % 40_000_000 + b"\r\n")
    assert framer.next_event() == TooBig("A", LITERAL_TOO_BIG)
    framer.feed(b"B " + command % 1_000_000 + b"\r\n")
    assert framer.next_event() == NeedContinuation(1_000_000)
