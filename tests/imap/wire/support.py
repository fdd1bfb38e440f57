"""How these tests read bytes: the whole way through framer and parser, or a cursor over one text."""

from mssmail.imap.wire.commands import CommandBody
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.frames import Event, Frame, Literal, build_limits
from mssmail.imap.wire.framing import Framer
from mssmail.imap.wire.parser import parse_command


def build_cursor(text: bytes, *literals: bytes, utf8: bool = False) -> Cursor:
    return Cursor(Frame(text, tuple(Literal(data) for data in literals)), utf8=utf8)


def read_events(framer: Framer, data: bytes) -> list[Event]:
    framer.feed(data)
    events = []
    while (event := framer.next_event()) is not None:
        events.append(event)
    return events


def read_frame(line: bytes) -> Frame:
    """The one frame of a whole command, its CRLF included."""
    events = read_events(Framer(build_limits(1_000_000)), line)
    frames = [event for event in events if isinstance(event, Frame)]
    assert len(frames) == 1, events
    return frames[0]


def read_command(line: bytes, *, utf8: bool = False) -> CommandBody:
    """What ``A1 line CRLF`` parses to."""
    command = parse_command(read_frame(b"A1 " + line + b"\r\n"), utf8=utf8)
    assert command.tag == "A1"
    return command.body
