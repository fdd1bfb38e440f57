import pickle
import socket
from datetime import UTC, datetime

import pytest

from mssmail.core.examination import Examination
from mssmail.workers.codec import decode_examination
from mssmail.workers.frames import (
    FrameReader,
    Kind,
    Request,
    encode_frame,
    encode_numbered,
    encode_request_head,
    parse_numbered,
)
from mssmail.workers.process import Inbox, Server, load_callable
from tests.workers.examiners import FakeSnapshot, build_examine

TRUST = encode_frame(Kind.TRUST, encode_numbered(9, pickle.dumps(FakeSnapshot(9))))
AT = 1_700_000_000_000_001


def _ask(ticket: int, data: bytes, *, verify: bool = True) -> bytes:
    return encode_request_head(Request(ticket, AT, verify, data)) + data


def _serve(stream: bytes) -> list[tuple[int, bytes]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(stream)
        ours.shutdown(socket.SHUT_WR)
        Server(Inbox(theirs), build_examine, "mx.test", 5.0).serve()
        theirs.shutdown(socket.SHUT_WR)
        return FrameReader(10_000).feed(ours.makefile("rb").read())


def _examination(frame: tuple[int, bytes]) -> Examination:
    assert frame[0] == Kind.RESULT
    return decode_examination(parse_numbered(frame[1])[1])


def test_answers_several_messages_in_one_write_in_their_order() -> None:
    ready, first, second = _serve(TRUST + _ask(1, b"one") + _ask(2, b"second", verify=False))
    assert (ready[0], parse_numbered(ready[1])) == (Kind.READY, (9, b""))
    moment = datetime.fromtimestamp(1_700_000_000, UTC).replace(microsecond=1).isoformat()
    assert _examination(first).faults == ("mx.test", "9", moment, "True", "3")
    assert _examination(second).faults == ("mx.test", "9", moment, "False", "6")


@pytest.mark.parametrize("data", [b"fail\n", b"recurse\n"])
def test_a_message_that_breaks_the_examiner_leaves_the_next_one_alone(data: bytes) -> None:
    _, broken, fine = _serve(TRUST + _ask(1, data) + _ask(2, b"fine"))
    assert broken[0] == Kind.FAULT
    assert parse_numbered(broken[1])[0] == 1
    assert _examination(fine).faults[-1] == "4"


def test_a_message_withdrawn_in_time_is_skipped_in_its_turn() -> None:
    withdraw = encode_frame(Kind.WITHDRAW, encode_numbered(2))
    _, *answers = _serve(TRUST + _ask(1, b"one") + _ask(2, b"hang\n") + _ask(3, b"three") + withdraw)
    assert [(kind, parse_numbered(payload)[0]) for kind, payload in answers] == [
        (Kind.RESULT, 1),
        (Kind.SKIPPED, 2),
        (Kind.RESULT, 3),
    ]


def test_a_message_before_any_trust_is_a_fault() -> None:
    (frame,) = _serve(_ask(4, b"early"))
    assert (frame[0], parse_numbered(frame[1])[0]) == (Kind.FAULT, 4)


@pytest.mark.parametrize("cut", [1, 4, 5, 20])
def test_a_stream_that_ends_inside_a_frame_ends_the_worker_quietly(cut: int) -> None:
    assert [kind for kind, _ in _serve(TRUST + _ask(1, b"whole") + _ask(2, b"half of a message")[:cut])] == [4, 5]


def test_finds_the_callable_that_is_named() -> None:
    assert load_callable("tests.workers.examiners:build_examine") is build_examine
    with pytest.raises(KeyError):
        load_callable("tests.workers.examiners:nobody")
