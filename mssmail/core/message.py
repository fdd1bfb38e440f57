"""The bytes of a message, never changed, and places in them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """``data[start:end]`` of some bytes that are named beside it."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"no span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def cut(self, data: bytes) -> bytes:
        """The bytes of the span."""
        return data[self.start : self.end]


@dataclass(frozen=True)
class RawMessage:
    """A message as DATA gave it (dots unstuffed, CRLF line ends). Its bytes are fixed from here on."""

    data: bytes

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, lower-case hex: the message's name in store, journal and evidence."""
        return hashlib.sha256(self.data).hexdigest()

    def __len__(self) -> int:
        return len(self.data)
