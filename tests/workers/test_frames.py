import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.errors import FrameTooBig, WorkerFault
from mssmail.workers.frames import (
    FrameReader,
    Kind,
    Request,
    encode_frame,
    encode_numbered,
    encode_request_head,
    parse_numbered,
    parse_request,
)

FRAMES = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=40)), max_size=6)


@given(FRAMES, st.data())
def test_any_chunking_gives_the_same_frames(frames: list[tuple[Kind, bytes]], data: st.DataObject) -> None:
    stream = b"".join(encode_frame(kind, payload) for kind, payload in frames)
    reader, got, start = FrameReader(1000), [], 0
    while start < len(stream):
        step = data.draw(st.integers(1, 30))
        got += reader.feed(stream[start : start + step])
        start += step
    assert got == frames


def test_refuses_a_frame_beyond_the_limit_before_gathering_it() -> None:
    with pytest.raises(FrameTooBig):
        FrameReader(10).feed(struct.pack("!IB", 11, 5))


@given(st.integers(0, 2**64 - 1), st.integers(-(2**60), 2**60), st.booleans(), st.binary(max_size=50))
def test_a_request_comes_out_as_it_went_in(ticket: int, at: int, verify: bool, data: bytes) -> None:
    request = Request(ticket, at, verify, data)
    ((kind, payload),) = FrameReader(1000).feed(encode_request_head(request) + data)
    assert (kind, parse_request(payload)) == (Kind.EXAMINE, request)


def test_a_payload_without_its_number_is_the_worker_s_fault() -> None:
    assert parse_numbered(encode_numbered(7, b"rest")) == (7, b"rest")
    with pytest.raises(WorkerFault):
        parse_numbered(b"1234567")
