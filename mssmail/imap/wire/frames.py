"""What the framer makes: frames, the other events, and the limits it keeps."""

from dataclasses import dataclass

PLACE = b"\n"  # stands in a frame's text where a literal stood; no line can hold it


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one command may take, in octets."""

    line: int  # all its lines together, without literals
    literal: int  # one literal
    command: int  # lines and literals together
    literals: int  # how many literals
    discard: int  # how much of a command we refuse is read past before we hang up


# AUTHENTICATE with a bearer token in its first line is the longest thing said before signing in.
BEFORE_LOGIN = Limits(line=16_384, literal=4_096, command=32_768, literals=8, discard=65_536)


def build_limits(max_literal_bytes: int) -> Limits:
    """The limits for a signed-in client. RFC 7162 §4 asks for lines of 8 kB at least; long UID sets need more."""
    return Limits(
        line=1_048_576,
        literal=max_literal_bytes,
        command=max_literal_bytes + 1_048_576,
        literals=1_000,
        discard=2 * max_literal_bytes + 2_097_152,
    )


@dataclass(frozen=True, slots=True)
class Literal:
    """The octets of a literal; ``binary`` when it came as literal8 and so may hold NUL."""

    data: bytes
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole command without its CRLF: the text, with PLACE for each literal, and the literals in order."""

    text: bytes
    literals: tuple[Literal, ...] = ()

    def __post_init__(self) -> None:
        if self.text.count(PLACE) != len(self.literals):
            raise ValueError("a frame's text has one place for each literal")


@dataclass(frozen=True, slots=True)
class NeedContinuation:
    """The client waits for ``+`` before it sends a literal of ``size`` octets."""

    size: int


@dataclass(frozen=True, slots=True)
class TooBig:
    """A command beyond the limits, read past or never sent. ``tag`` is empty when there was none to read."""

    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A command whose lines are no lines, read past."""

    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class RawLine:
    """The line that ``Framer.expect_line`` asked for, without CRLF."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HangUp:
    """Too much to read past: say BYE and close (RFC 7888 §4). There are no further events."""

    reason: str


Event = Frame | NeedContinuation | TooBig | Malformed | RawLine | HangUp
