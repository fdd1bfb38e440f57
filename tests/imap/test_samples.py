"""Mail from the wild, broken and hostile, can be fetched in every section, and all sizes agree.

The samples are those of the folder ``shared`` beside the repository; without it the test is skipped.
"""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.imap.support import PREFIX, Talk, World, sign_in
from tests.support.shared import shared_file

_LITERAL: Final = re.compile(rb"~?\{(\d+)\}\r\n")
_ATOM: Final = re.compile(rb"[^\s()\"{]+(?:\[[^\]]*\](?:<\d+>)?)?")

Value = bytes | None | list["Value"]


class _Reader:
    """Reads what a server answers, by the grammar and nothing else (RFC 9051 §9)."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self) -> Value:
        data = self._data
        if data.startswith(b"(", self._at):
            return self._read_list()
        if data.startswith(b'"', self._at):
            return self._read_quoted()
        if literal := _LITERAL.match(data, self._at):
            start = literal.end()
            self._at = start + int(literal[1])
            return data[start : self._at]
        atom = _ATOM.match(data, self._at)
        assert atom, data[self._at : self._at + 40]
        self._at = atom.end()
        return None if atom[0] == b"NIL" else atom[0]

    def _read_list(self) -> Value:
        self._at += 1
        values: list[Value] = []
        while not self._data.startswith(b")", self._at):
            values.append(self.read())
            if self._data.startswith(b" ", self._at):
                self._at += 1
        self._at += 1
        return values

    def _read_quoted(self) -> bytes:
        end = self._at + 1
        while self._data[end] != 0x22:
            end += 2 if self._data[end] == 0x5C else 1
        text, self._at = self._data[self._at + 1 : end], end + 1
        return re.sub(rb"\\(.)", rb"\1", text)


async def _fetch(talk: Talk, uid: int, *items: str) -> dict[bytes, Value]:
    answer = await talk.say(f"T UID FETCH {uid} ({' '.join(items)})\r\n".encode())
    assert answer.endswith(b"T OK FETCH completed\r\n"), (uid, items, answer[-200:])
    found = _Reader(answer[answer.index(b"(") :]).read()
    assert isinstance(found, list)
    return {
        bytes(key).split(b" ")[0]: value
        for key, value in zip(found[::2], found[1::2], strict=True)
        if isinstance(key, bytes)
    }


def _list_parts(structure: Value, prefix: str = "") -> list[tuple[str, int, int | None]]:
    """(section, octets, lines) of every part that is no multipart; only of text and messages lines are told."""
    assert isinstance(structure, list)
    if isinstance(structure[0], list):
        children = [each for each in structure if isinstance(each, list)]
        parts = children[: next((n for n, each in enumerate(structure) if not isinstance(each, list)), len(children))]
        return [row for number, part in enumerate(parts, 1) for row in _list_parts(part, f"{prefix}{number}.")]
    section = prefix.rstrip(".") or "1"
    assert isinstance(structure[6], bytes)
    kind = [bytes(each).lower() for each in structure[:2] if isinstance(each, bytes)]
    is_message = kind == [b"message", b"rfc822"] and isinstance(structure[8], list)
    lines = structure[7] if kind[0] == b"text" else structure[9] if is_message else None
    rows = [(section, int(structure[6]), int(lines) if isinstance(lines, bytes) else None)]
    if is_message:
        inner = _list_parts(structure[8], f"{section}.")
        rows += [(f"{section}.1" if name == section else name, octets, counted) for name, octets, counted in inner]
    return rows


async def _check_decoded(talk: Talk, uid: int, section: str) -> None:
    """BINARY.SIZE is what BINARY brings (RFC 3516 §4.3), unless nobody knows the encoding; a multipart has none."""
    answer = await talk.say(f"T UID FETCH {uid} (BINARY.SIZE[{section}] BINARY.PEEK[{section}])\r\n".encode())
    if b"T NO [UNKNOWN-CTE]" in answer:
        return
    found = _Reader(answer[answer.index(b"(") :]).read()
    assert isinstance(found, list)
    size, content = found[-3], found[-1]
    assert isinstance(size, bytes)
    assert isinstance(content, bytes)
    assert int(size) == len(content), (uid, section)


def _list_samples() -> list[Path]:
    root = shared_file("data", "mail", "README.md").parent
    return sorted(path for path in root.rglob("*") if path.suffix in {".eml", ".txt", ".msg", ""} and path.is_file())


FOLDERS = ("python-email", "mimekit", "stalwart-mail-parser", "sisimai-bounces", "rfc4134")


@pytest.mark.parametrize("folder", [*FOLDERS, "lamps-protected-headers"])
async def test_every_section_of_every_sample_is_fetched_and_the_sizes_agree(world: World, folder: str) -> None:
    samples = [path for path in _list_samples() if folder in path.parts]
    assert len(samples) > 2
    for path in samples:
        data = (
            path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"?")
        )
        world.deliver(data)
    talk = await sign_in(world)
    for uid, path in enumerate(samples, 1):
        whole = await _fetch(talk, uid, "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "BODY.PEEK[]")
        message = whole[b"BODY[]"]
        assert isinstance(message, bytes), path
        assert message.startswith(PREFIX)
        assert whole[b"RFC822.SIZE"] == b"%d" % len(message), path
        assert len(whole[b"ENVELOPE"] or ()) == 10, path
        halves = await _fetch(talk, uid, "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "RFC822.HEADER")
        assert (halves[b"BODY[HEADER]"] or b"") + (halves[b"BODY[TEXT]"] or b"") == message, path  # type: ignore[operator]
        parts = _list_parts(whole[b"BODYSTRUCTURE"])
        assert parts == _list_parts(whole[b"BODY"]), path
        for section, octets, lines in parts[:60]:
            found = await _fetch(
                talk, uid, f"BODY.PEEK[{section}]", f"BODY.PEEK[{section}]<3.5>", f"BODY.PEEK[{section}.MIME]",
                f"BODY.PEEK[{section}.HEADER]", f"BODY.PEEK[{section}.TEXT]",
            )  # fmt: skip
            content = found[f"BODY[{section}]".encode()]
            assert isinstance(content, bytes), (path, section)
            assert len(content) == octets, (path, section)
            assert lines in {None, content.count(b"\n")}, (path, section)
            await _check_decoded(talk, uid, section)
            assert content in message
            assert found[f"BODY[{section}]<3>".encode()] == content[3:8]
