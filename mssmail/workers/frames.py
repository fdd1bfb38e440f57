"""What passes between the main process and a worker: frames of length, kind and payload.

Nothing that comes from a worker is unpickled: it has parsed hostile bytes. The trust snapshot goes the other way.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from mssmail.errors import FrameTooBig, WorkerFault

_HEAD = struct.Struct("!IB")  # length of the payload, kind
_REQUEST = struct.Struct("!Qq?")  # ticket, moment in microseconds since 1970, verify
_NUMBER = struct.Struct("!Q")  # ticket of an answer, generation of a snapshot


class Kind(IntEnum):
    """What a frame is."""

    SETUP = 1  # main → worker, first: JSON of limits and names
    TRUST = 2  # main → worker: a pickled TrustSnapshot
    EXAMINE = 3  # main → worker: ticket, moment, verify, message
    READY = 4  # worker → main: generation of the snapshot now in use
    RESULT = 5  # worker → main: ticket, Examination
    FAULT = 6  # worker → main: ticket, what broke
    WITHDRAW = 7  # main → worker: ticket of a message it need not begin
    ANSWERS = 9  # main → worker: pickled OCSP responses, for the snapshot in use
    SKIPPED = 8  # worker → main: ticket of a message that was withdrawn in time


@dataclass(frozen=True, slots=True)
class Request:
    """One message to examine."""

    ticket: int
    at_microseconds: int
    verify: bool
    data: bytes


def encode_frame(kind: Kind, payload: bytes) -> bytes:
    """The frame, ready to be written."""
    return _HEAD.pack(len(payload), kind) + payload


def encode_head(length: int, kind: Kind) -> bytes:
    """What stands before a payload that is written apart."""
    return _HEAD.pack(length, kind)


HEAD_BYTES = _HEAD.size


def encode_request_head(request: Request) -> bytes:
    """Everything of an EXAMINE frame that stands before the message's own bytes."""
    fields = _REQUEST.pack(request.ticket, request.at_microseconds, request.verify)
    return encode_head(len(fields) + len(request.data), Kind.EXAMINE) + fields


def parse_request(payload: bytes) -> Request:
    """The request of an EXAMINE frame."""
    ticket, at_microseconds, verify = _REQUEST.unpack_from(payload)
    return Request(ticket, at_microseconds, verify, payload[_REQUEST.size :])


def encode_numbered(number: int, rest: bytes = b"") -> bytes:
    """The payload of all kinds but SETUP and EXAMINE: a number, then what follows it."""
    return _NUMBER.pack(number) + rest


def parse_numbered(payload: bytes) -> tuple[int, bytes]:
    """Number and rest; raises WorkerFault on a payload too short for that."""
    if len(payload) < _NUMBER.size:
        raise WorkerFault("a worker's frame is too short")
    return _NUMBER.unpack_from(payload)[0], payload[_NUMBER.size :]


class FrameReader:
    """Bytes in, whole frames out; a payload beyond ``limit`` octets raises FrameTooBig before it is gathered."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The (kind, payload) pairs that these bytes complete."""
        self._buffer += data
        frames: list[tuple[int, bytes]] = []
        start = 0
        while len(self._buffer) - start >= HEAD_BYTES:
            length, kind = _HEAD.unpack_from(self._buffer, start)
            if length > self._limit:
                raise FrameTooBig("a worker's frame is too long", octets=length)
            end = start + HEAD_BYTES + length
            if len(self._buffer) < end:
                break
            frames.append((kind, bytes(memoryview(self._buffer)[start + HEAD_BYTES : end])))
            start = end
        del self._buffer[:start]
        return frames
