"""BINARY: contents as they were before they were encoded for the journey (RFC 3516)."""

from base64 import b64encode

import pytest

from mssmail.imap.stream import BLOCK
from tests.imap.support import World, sign_in

_HEAD = b'From: Bob <b@b.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'


def _build(encoding: bytes, body: bytes) -> bytes:
    part = b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: %b\r\n\r\n%b\r\n--b--\r\n"
    return _HEAD + b"--b\r\n\r\nfirst\r\n" + part % (encoding, body)


def _encode_lines(content: bytes) -> bytes:
    text = b64encode(content)
    return b"\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))


async def _ask(world: World, data: bytes, item: str) -> bytes:
    world.deliver(data)
    talk = await sign_in(world)
    return await talk.say(f"T FETCH 1 {item}\r\n".encode())


@pytest.mark.parametrize(
    ("encoding", "body", "answer"),
    [
        (b"base64", b64encode(b"a\r\nb"), b"{4}\r\na\r\nb"),
        (b"base64", b64encode(b"a\0b"), b"~{3}\r\na\0b"),
        (b"BASE64", b"", b"{0}\r\n"),
        (b"quoted-printable", b"caf=C3=A9=\r\n!", b"{6}\r\ncaf\xc3\xa9!"),
        (b"8bit", b"caf\xc3\xa9", b"{5}\r\ncaf\xc3\xa9"),
    ],
)
async def test_gives_the_content_and_a_literal8_when_there_is_a_nul(
    world: World, encoding: bytes, body: bytes, answer: bytes
) -> None:
    told = await _ask(world, _build(encoding, body), "BINARY.PEEK[2]")
    assert told == b"* 1 FETCH (BINARY[2] " + answer + b")\r\nT OK FETCH completed\r\n"


async def test_tells_the_size_of_the_content_and_marks_nothing(world: World) -> None:
    told = await _ask(world, _build(b"base64", _encode_lines(bytes(1000))), "(FLAGS BINARY.SIZE[2] BINARY.SIZE[1])")
    assert told.startswith(b"* 1 FETCH (FLAGS (\\Recent) BINARY.SIZE[2] 1000 BINARY.SIZE[1] 5)\r\n")


@pytest.mark.parametrize("size", [1_000, 2 * BLOCK + 17])
async def test_a_partial_is_of_the_content(world: World, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    told = await _ask(world, _build(b"base64", _encode_lines(content)), "BINARY.PEEK[2]<990.20>")
    wanted = content[990:1010]
    mark = b"~{" if b"\0" in wanted else b"{"
    assert told.startswith(b"* 1 FETCH (BINARY[2]<990> " + mark + b"%d}\r\n" % len(wanted) + wanted + b")\r\n")


async def test_a_large_content_arrives_whole(world: World) -> None:
    content = bytes(number * 7 % 253 for number in range(3 * BLOCK + 1))
    told = await _ask(world, _build(b"base64", _encode_lines(content)), "BINARY.PEEK[2]")
    assert told == b"* 1 FETCH (BINARY[2] ~{%d}\r\n%b)\r\nT OK FETCH completed\r\n" % (len(content), content)


async def test_what_has_parts_of_its_own_is_given_as_it_is(world: World) -> None:
    data = _build(b"base64", b64encode(b"x"))
    told = await _ask(world, data, "(BINARY.PEEK[] BODY.PEEK[])")
    whole = told.split(b"BODY[] ", 1)[1].removesuffix(b")\r\nT OK FETCH completed\r\n")
    assert told.startswith(b"* 1 FETCH (BINARY[] " + whole + b" BODY[] ")
    assert whole.endswith(data)


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("BINARY.PEEK[HEADER.FIELDS (SUBJECT)]", b"BINARY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: s\r\n\r\n"),
        ("BINARY.PEEK[TEXT]", b"BINARY[TEXT] {3}\r\nabc"),
        ("BINARY.PEEK[TEXT]<1>", b"BINARY[TEXT]<1> {2}\r\nbc"),
        ("BINARY.PEEK[1]", b"BINARY[1] {3}\r\nabc"),
        ("BINARY.SIZE[1.MIME]", b"BINARY.SIZE[1.MIME] 49"),
        ("BINARY.SIZE[1.TEXT]", b"BINARY.SIZE[1.TEXT] 0"),
    ],
)
async def test_beyond_the_standard_headers_are_as_they_are_and_a_text_is_decoded(
    world: World, item: str, answer: bytes
) -> None:
    data = b"Subject: s\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj"
    talk = await sign_in(world)
    await talk.append("INBOX", data)
    told = await talk.say(f"T FETCH 1 {item}\r\n".encode())
    assert answer in told


async def test_the_text_of_an_enclosed_message_is_decoded(world: World) -> None:
    inner = b"Content-Transfer-Encoding: base64\r\n\r\nYWJj"
    data = _HEAD + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--\r\n"
    told = await _ask(world, data, "(BINARY.PEEK[1.TEXT] BINARY.SIZE[1.HEADER])")
    assert told.startswith(b"* 1 FETCH (BINARY[1.TEXT] {3}\r\nabc BINARY.SIZE[1.HEADER] 37)\r\n")


async def test_a_part_that_is_not_there(world: World) -> None:
    told = await _ask(world, _build(b"base64", b""), "(BINARY.PEEK[7] BINARY.SIZE[7] BINARY[2.1])")
    assert b"BINARY[7] NIL BINARY.SIZE[7] 0 BINARY[2.1] NIL" in told


async def test_an_encoding_that_nobody_knows_fails_only_what_was_asked_of_it(world: World) -> None:
    world.deliver(_build(b"x-uuencode", b"M"))
    world.deliver(_build(b"base64", b64encode(b"x")))
    talk = await sign_in(world)
    told = await talk.do("FETCH 1:2 (UID BINARY.SIZE[2])")
    assert told[0] == "* 2 FETCH (UID 2 BINARY.SIZE[2] 1)"
    assert told[1].startswith("NO [UNKNOWN-CTE] ")
    assert (await talk.do("FETCH 1 BODY.PEEK[2]"))[-1].startswith("OK")


async def test_reading_the_content_marks_as_seen(world: World) -> None:
    assert b"FLAGS (\\Recent \\Seen)" in await _ask(world, _build(b"base64", b64encode(b"x")), "BINARY[2]")
