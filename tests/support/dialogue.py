r"""Conversations anyone can write, played against a live server.

A dialogue is a text file. Its first line is a comment that names the RFC section or the bug; then::

    # why                    a comment
    S: 220 *                 the server's next line; ``*`` stands for anything, ``\*`` for a star
    S-until: 250 *           its next lines up to the first that is like this
    C: EHLO {host}           a line we send; ``{name}`` is filled in by the test
    C-bytes: a\nb\x00\r\n    octets we send as they stand, with Python's escapes
    TLS:                     our side begins TLS now
    TLS-stranger:            the same, showing no client certificate
    C-close:                 we hang up
    S-close:                 the server has hung up
    S-silent:                the server has sent nothing more, up to here

The player knows no protocol.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DIALOGUES = Path(__file__).parents[1] / "dialogues"
_STEP = re.compile(r"(C|S|S-until|C-bytes|TLS|TLS-stranger|C-close|S-close|S-silent):(?: (.*))?")
_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Step:
    """One line of the file."""

    number: int
    act: str
    text: str


@dataclass(frozen=True)
class Dialogue:
    """A parsed file; ``reason`` is its first line."""

    name: str
    reason: str
    steps: tuple[Step, ...]


def find_dialogues(protocol: str) -> list[Path]:
    """The dialogue files of one protocol."""
    return sorted((DIALOGUES / protocol).glob("*.txt"))


def load_dialogue(path: Path) -> Dialogue:
    """Read a dialogue file."""
    return parse_dialogue(path.read_text("utf-8"), path.stem)


def parse_dialogue(text: str, name: str) -> Dialogue:
    """A dialogue from its text; a line that is none of the kinds is an error, as is a missing reason."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("# "):
        raise ValueError(f"{name}: the first line says why, after '# '")
    steps = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _STEP.fullmatch(line)
        if match is None:
            raise ValueError(f"{name}:{number}: not a step: {line!r}")
        steps.append(Step(number, match[1], match[2] or ""))
    return Dialogue(name, lines[0][2:], tuple(steps))


class Player:
    """Plays a dialogue over one connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        values: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        stranger: ssl.SSLContext | None = None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._values, self._tls, self._stranger = dict(values or {}), tls, stranger

    async def play(self, dialogue: Dialogue) -> None:
        """Do every step; an AssertionError names file, line, and what came instead."""
        for step in dialogue.steps:
            place = f"{dialogue.name}:{step.number}"
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._do(step, place)
            except TimeoutError:
                raise AssertionError(f"{place}: nothing came, expected {step.text!r}") from None

    async def _do(self, step: Step, place: str) -> None:
        match step.act:
            case "C":
                self._writer.write(self._fill(step.text).encode() + b"\r\n")
            case "C-bytes":
                self._writer.write(self._fill(step.text).encode("latin-1").decode("unicode_escape").encode("latin-1"))
            case "S" | "S-until":
                await self._expect(step, place)
            case "TLS":
                await self._writer.start_tls(self._tls or ssl.create_default_context(), server_hostname="localhost")
            case "TLS-stranger":
                await self._writer.start_tls(
                    self._stranger or ssl.create_default_context(), server_hostname="localhost"
                )
            case "C-close":
                self._writer.close()
            case "S-close":
                rest = await self._reader.read()
                assert rest == b"", f"{place}: expected the end, got {rest!r}"
            case "S-silent":
                assert not self._reader._buffer, f"{place}: {bytes(self._reader._buffer)!r}"  # type: ignore[attr-defined]

    async def _expect(self, step: Step, place: str) -> None:
        wanted = self._fill(step.text)
        while True:
            line = await self._reader.readline()
            assert line.endswith(b"\r\n"), f"{place}: expected {step.text!r}, got {line!r} and the end"
            if _build_pattern(wanted).fullmatch(line[:-2].decode("latin-1")):
                return
            assert step.act == "S-until", f"{place}: expected {wanted!r}, got {line!r}"

    async def _begin_tls(self, context: ssl.SSLContext | None) -> None:
        await self._writer.start_tls(context or ssl.create_default_context(), server_hostname="localhost")

    def _fill(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: self._values.get(match[1], match[0]), text)


def _build_pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"(\\\*|\*)", text)
    wild = {"*": ".*", "\\*": r"\*"}
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces))


async def play_dialogue(
    path: Path,
    host: str,
    port: int,
    *,
    values: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    stranger: ssl.SSLContext | None = None,
) -> None:
    """Connect and play one file."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        await Player(reader, writer, values, tls, stranger).play(load_dialogue(path))
    finally:
        writer.transport.abort()
