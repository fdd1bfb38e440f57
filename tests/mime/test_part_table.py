"""Part numbers as RFC 9051 §6.4.5.1 explains them."""

import time

import pytest

from mssmail.core.message import Span
from mssmail.mime.part_table import PartKind, decode_parts, encode_parts, read_top_kind
from mssmail.mime.parts import MAX_PARTS, scan

# The example tree of RFC 9051 §6.4.5.1:
# 1 TEXT/PLAIN · 2 APPLICATION/OCTET-STREAM · 3 MESSAGE/RFC822 (3.1 TEXT/PLAIN, 3.2 APPLICATION/OCTET-STREAM)
# 4 MULTIPART/MIXED (4.1 IMAGE/GIF, 4.2 MESSAGE/RFC822 (4.2.1 TEXT/PLAIN, 4.2.2 MULTIPART/ALTERNATIVE))
EXAMPLE = b"""\
Subject: outer
Content-Type: multipart/mixed; boundary=b0

--b0

body 1
--b0
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

body 2
--b0
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=b3

--b3

body 3.1
--b3
Content-Type: application/octet-stream

body 3.2
--b3--
--b0
Content-Type: multipart/mixed; boundary=b4

--b4
Content-Type: image/gif

body 4.1
--b4
Content-Type: message/rfc822
Content-Description: mime 4.2

Subject: four two
Content-Type: multipart/mixed; boundary=b42

--b42

body 4.2.1
--b42
Content-Type: multipart/alternative; boundary=b422

--b422

body 4.2.2.1
--b422
Content-Type: text/html

body 4.2.2.2
--b422--
--b42--
--b4--
--b0--
""".replace(b"\n", b"\r\n")
TABLE = decode_parts(encode_parts(scan(EXAMPLE)))


def _path(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".")) if text else ()


@pytest.mark.parametrize("path", ["1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"])
def test_finds_leaves_by_number(path: str) -> None:
    entry = TABLE.find(_path(path))
    assert entry is not None
    assert entry.kind is PartKind.LEAF
    assert entry.body.cut(EXAMPLE) == f"body {path}".encode()


@pytest.mark.parametrize("path", ["0", "5", "1.1", "3.3", "3.1.1", "4.3", "4.2.3", "4.2.2.3", "3.0", "1.1.1"])
def test_there_is_no_part_of_another_number(path: str) -> None:
    assert TABLE.find(_path(path)) is None
    assert TABLE.find_span(_path(path), "MIME") is None


@pytest.mark.parametrize(
    ("path", "text", "start", "end"),
    [
        ("", "", b"Subject: outer", b"--b0--\r\n"),
        ("", "HEADER", b"Subject: outer", b"boundary=b0\r\n\r\n"),
        ("", "TEXT", b"--b0", b"--b0--\r\n"),
        ("2", "MIME", b"Content-Type: application", b"base64\r\n\r\n"),
        ("3", "MIME", b"Content-Type: message/rfc822", b"rfc822\r\n\r\n"),
        ("3", "HEADER", b"Subject: three", b"boundary=b3\r\n\r\n"),
        ("3", "TEXT", b"--b3", b"--b3--"),
        ("3", "", b"Subject: three", b"--b3--"),
        ("4", "", b"--b4", b"--b4--"),
        ("4.2", "MIME", b"Content-Type: message/rfc822", b"mime 4.2\r\n\r\n"),
        ("4.2", "HEADER", b"Subject: four two", b"boundary=b42\r\n\r\n"),
        ("4.2", "TEXT", b"--b42", b"--b42--"),
        ("4.2.2", "", b"--b422", b"--b422--"),
        ("4.2.2", "MIME", b"Content-Type: multipart/alternative", b"b422\r\n\r\n"),
        ("4.2.2.1", "MIME", b"\r\n", b"\r\n"),
    ],
)
def test_finds_the_bytes_of_a_section(path: str, text: str, start: bytes, end: bytes) -> None:
    span = TABLE.find_span(_path(path), text)
    assert span is not None
    cut = span.cut(EXAMPLE)
    assert cut.startswith(start)
    assert cut.endswith(end)


@pytest.mark.parametrize(
    ("path", "text"), [("", "MIME"), ("1", "HEADER"), ("1", "TEXT"), ("4", "HEADER"), ("2", "TEXT")]
)
def test_header_and_text_are_of_messages_and_mime_is_of_parts(path: str, text: str) -> None:
    assert TABLE.find_span(_path(path), text) is None


def test_kinds_and_encodings_are_kept() -> None:
    found = [TABLE.find(_path(path)) for path in ("", "2", "3", "4", "4.2")]
    kinds = [entry.kind for entry in found if entry]
    multipart, leaf, message = PartKind.MULTIPART, PartKind.LEAF, PartKind.MESSAGE
    assert kinds == [multipart, leaf, message, multipart, message]
    assert [entry.encoding for entry in found if entry] == ["7bit", "base64", "7bit", "7bit", "7bit"]
    assert found[4]
    assert found[4].message
    assert found[4].message.kind is multipart


def test_part_1_of_a_message_that_is_no_multipart_is_its_body() -> None:
    data = b"Subject: x\r\n\r\nbody"
    table = decode_parts(encode_parts(scan(data)))
    assert table.find_span((1,), "") == table.find_span((), "TEXT") == Span(14, 18)
    assert table.find_span((1,), "MIME") == table.find_span((), "HEADER") == Span(0, 14)
    assert table.find((2,)) is table.find((1, 1)) is None


def test_a_message_that_is_itself_an_enclosed_message() -> None:
    data = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody"
    table = decode_parts(encode_parts(scan(data)))
    assert [
        span.cut(data)
        for path, text in (((1,), ""), ((1,), "HEADER"), ((1, 1), ""))
        if (span := table.find_span(path, text))
    ] == [
        b"Subject: in\r\n\r\nbody",
        b"Subject: in\r\n\r\n",
        b"body",
    ]
    assert table.find((1, 2)) is table.find((1, 1, 1)) is None


def test_a_multipart_without_parts_is_one_part() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing"
    table = decode_parts(encode_parts(scan(data)))
    assert table.find_span((1,), "") == table.find_span((), "TEXT")


def test_the_table_comes_back_as_it_was() -> None:
    raw = encode_parts(scan(EXAMPLE))
    assert decode_parts(raw) == TABLE
    assert len(raw) < 20 * 16


@pytest.mark.parametrize(
    "raw", [b"", b"\x01", b"\x02\x01\0\0\0" + bytes(19), b"\x01\x05\0\0\0" + bytes(19), b"\x01\0\0\0\0"]
)
def test_refuses_what_is_no_table(raw: bytes) -> None:
    with pytest.raises(ValueError, match="part table"):
        decode_parts(raw)


def test_the_last_of_ten_thousand_parts_is_found_quickly() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * (MAX_PARTS - 1)
    begun = time.process_time()
    table = decode_parts(encode_parts(scan(data)))
    assert table.find((MAX_PARTS - 1,)) is not None
    assert table.find((MAX_PARTS,)) is None
    assert time.process_time() - begun < 2


def test_what_the_message_itself_is_can_be_read_without_the_rest() -> None:
    multipart = encode_parts(scan(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
    assert read_top_kind(multipart) is PartKind.MULTIPART
    assert read_top_kind(encode_parts(scan(b"\r\nx\r\n"))) is PartKind.LEAF
    with pytest.raises(ValueError, match="cut off"):
        read_top_kind(multipart[:10])
