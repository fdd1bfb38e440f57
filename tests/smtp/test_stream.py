"""Lines and messages out of one stream, however it is cut."""

import asyncio
from itertools import combinations

import pytest

from mssmail.errors import BadSyntax, FrameTooBig
from mssmail.smtp.limits import InflightLimit
from mssmail.smtp.reader import DataReader
from mssmail.smtp.stream import MAX_LINE_BYTES, LineStream, parse_command


def _open(*chunks: bytes, end: bool = True) -> LineStream:
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    if end:
        reader.feed_eof()
    return LineStream(reader)


async def test_reads_line_after_line_and_then_the_end() -> None:
    stream = _open(b"EHLO a\r\nMAIL", b" FROM:<>\r\npart")
    assert await stream.read_line() == b"EHLO a"
    assert stream.has_line()
    assert await stream.read_line() == b"MAIL FROM:<>"
    assert not stream.has_line()
    with pytest.raises(EOFError):
        await stream.read_line()


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"NO\rOP\r\n", b"NO\0OP\r\n", b"\x1b[31m\r\n", b"caf\xe9\r\n", b"a\tb\r\n"]
)
async def test_refuses_a_line_that_is_not_printable_ascii_and_crlf_and_goes_on(line: bytes) -> None:
    stream = _open(line + b"NOOP\r\n")
    with pytest.raises(BadSyntax):
        await stream.read_line()
    assert await stream.read_line() == b"NOOP"


@pytest.mark.parametrize("length", [MAX_LINE_BYTES - 1, MAX_LINE_BYTES * 3, 1_000_000])
async def test_reads_a_line_that_is_too_long_to_its_end(length: int) -> None:
    stream = _open(b"x" * length + b"\r\nNOOP\r\n")
    with pytest.raises(FrameTooBig):
        await stream.read_line()
    assert await stream.read_line() == b"NOOP"


async def test_takes_the_longest_line_there_may_be() -> None:
    line = b"x" * (MAX_LINE_BYTES - 2)
    assert await _open(line + b"\r\n").read_line() == line


async def test_a_message_leaves_what_follows_it() -> None:
    stream = _open(b"DATA\r\n", b"a: b\r\n\r\nx\r\n.\r\nQUIT\r\n")
    data = DataReader(1_000, InflightLimit(10**9))
    assert await stream.read_line() == b"DATA"
    await stream.read_message(data, 1)
    assert data.take_message() == b"a: b\r\n\r\nx\r\n"
    assert await stream.read_line() == b"QUIT"


async def test_a_message_that_breaks_off_is_no_message() -> None:
    stream = _open(b"a: b\r\n")
    with pytest.raises(EOFError):
        await stream.read_message(DataReader(1_000, InflightLimit(10**9)), 1)


async def test_silence_ends_the_wait_for_a_message() -> None:
    stream = _open(b"a: b\r\n", end=False)
    with pytest.raises(TimeoutError):
        await stream.read_message(DataReader(1_000, InflightLimit(10**9)), 0.01)


async def test_forgets_what_came_before_tls() -> None:
    stream = _open(b"STARTTLS\r\nRSET\r\nNO", end=False)
    assert await stream.read_line() == b"STARTTLS"
    stream.clear()
    assert not stream.has_line()


def test_a_verb_has_no_case_and_an_argument_keeps_it() -> None:
    assert parse_command(b"mail  From:<A@b> ") == ("MAIL", "From:<A@b>")
    assert parse_command(b"") == ("", "")


WIRE = b"BDAT 14\r\nRSET\r\nQUIT\r\n\r\nBDAT 0 LAST\r\nNOOP\r\n"


async def test_a_chunk_is_as_long_as_was_said_wherever_the_octets_are_cut() -> None:
    for first, second in combinations(range(len(WIRE) + 1), 2):
        stream = _open(*(piece for piece in (WIRE[:first], WIRE[first:second], WIRE[second:]) if piece))
        assert await stream.read_line() == b"BDAT 14"
        assert stream.is_chunk
        taken = bytearray()
        await stream.read_chunk(14, taken.extend, 1)
        assert bytes(taken) == b"RSET\r\nQUIT\r\n\r\n"
        assert await stream.read_line() == b"BDAT 0 LAST"
        await stream.read_chunk(0, taken.extend, 1)
        assert await stream.read_line() == b"NOOP"
        assert not stream.is_chunk


async def test_a_chunk_that_ends_early_is_the_end_and_one_that_stalls_times_out() -> None:
    with pytest.raises(EOFError):
        await _open(b"abc").read_chunk(4, bytearray().extend, 1)
    with pytest.raises(TimeoutError):
        await _open(b"abc", end=False).read_chunk(4, bytearray().extend, 0.01)


@pytest.mark.parametrize(
    ("line", "is_chunk"),
    [
        (b"BDAT 6\n", True),
        (b"bdat \xe9\r\n", True),
        (b"BDAT " + b"x" * MAX_LINE_BYTES * 3 + b"\r\n", True),
        (b"x" * MAX_LINE_BYTES * 2 + b"BDAT 6\n", False),
        (b"NOOP\n", False),
    ],
)
async def test_a_bad_line_that_announces_a_chunk_is_known_for_one(line: bytes, is_chunk: bool) -> None:
    stream = _open(line)
    with pytest.raises((BadSyntax, FrameTooBig)):
        await stream.read_line()
    assert stream.is_chunk is is_chunk


@pytest.mark.parametrize("text", ["MAIL FROM:<zoé@a.test>", "rcpt TO:<中田@a.test>"])
async def test_senders_and_recipients_may_be_international(text: str) -> None:
    assert parse_command(await _open(text.encode() + b"\r\n").read_line())[1] == text[5:]


@pytest.mark.parametrize("line", ["NOOP é", "MAILé", "MAIL FROM:<\u202ea@a.test>", "RCPT TO:<a\u2028b@a.test>"])
async def test_nothing_else_is_international_and_nothing_invisible_is_taken(line: str) -> None:
    with pytest.raises(BadSyntax):
        await _open(line.encode() + b"\r\n").read_line()


async def test_knows_how_many_octets_wait() -> None:
    stream = _open(b"NOOP\r\nabc")
    assert not stream.has_octets(1)
    await stream.read_line()
    assert stream.has_octets(3)
    assert not stream.has_octets(4)
