"""A header is measured as it will be parsed, and no further than the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.message import Span
from mssmail.mime.header_size import HeaderSize, measure_header
from mssmail.mime.headers import MAX_HEADER_BYTES, split_fields
from mssmail.mime.parts import scan


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", HeaderSize(0, 0, 0)),
        (b"\r\nReceived: body\r\n", HeaderSize(2, 0, 0)),
        (
            b"Received: a\r\nRECEIVED : b\r\n received: fold\r\nX-Received: c\r\n\r\nReceived: body\r\n",
            HeaderSize(61, 3, 2),
        ),
        (b"Received: a\r\nno end\r\n", HeaderSize(21, 2, 1)),
        (b"A: b\r\n\tc\r\n d\r\n\r\n", HeaderSize(16, 1, 0)),
    ],
)
def test_counts_octets_fields_and_hops(data: bytes, size: HeaderSize) -> None:
    assert measure_header(data) == size


def test_the_limit_is_that_of_the_parser() -> None:
    for octets in (MAX_HEADER_BYTES - 1, MAX_HEADER_BYTES, MAX_HEADER_BYTES + 1):
        data = b"A: " + b"a" * (octets - 7) + b"\r\n\r\n" + b"body\r\n"
        assert len(scan(data).header) == octets
        size = measure_header(data)
        if octets <= MAX_HEADER_BYTES:
            assert size == HeaderSize(octets, 1, 0)
        else:
            assert size == HeaderSize(len(data))


def test_a_header_without_end_is_as_large_as_the_message() -> None:
    data = b"Received: x\r\n" * 100_000
    assert measure_header(data) == HeaderSize(len(data))


lines = st.lists(
    st.sampled_from([b"A: b\r\n", b" fold\r\n", b"\tfold\r\n", b"junk\r\n", b":\r\n", b" \r\n"]), max_size=8
)


@given(lines, st.booleans())
def test_fields_are_counted_as_they_are_split(header: list[bytes], has_body: bool) -> None:
    data = b"".join(header) + (b"\r\nbody\r\n" if has_body else b"")
    assert measure_header(data).fields == len(split_fields(data, Span(0, len(data))))
