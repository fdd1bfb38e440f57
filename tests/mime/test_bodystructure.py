"""BODY and BODYSTRUCTURE: the RFC's examples, exact counts, and types that promise nothing they do not keep."""

from pathlib import Path
from typing import Any

import pytest

from mssmail.mime.bodystructure import encode_body
from mssmail.mime.parts import scan
from tests.mime.imap_syntax import check_body, read_tree
from tests.support.shared import find_shared


def _message(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _structure(data: bytes, *, extended: bool = True) -> Any:
    tree = read_tree(encode_body(data, scan(data), extended=extended))
    check_body(tree, extended=extended)
    return tree


def test_a_text_message() -> None:
    data = _message("Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n\none\ntwo\n")
    assert (
        encode_body(data, scan(data), extended=False) == b'("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 10 2)'
    )


def test_the_lines_of_a_text_are_its_line_ends() -> None:
    assert _structure(_message("A: b\n\none\ntwo"))[6:8] == [8, 1]
    assert _structure(b"A: b\n\none\ntwo\n")[6:8] == [8, 2]
    assert _structure(b"A: b\r\n\r\n")[6:8] == [0, 0]


def test_a_message_without_content_fields_is_us_ascii_text() -> None:
    assert _structure(b"\r\nx")[:6] == [b"text", b"plain", [b"charset", b"us-ascii"], None, None, b"7bit"]
    assert _structure(b"Content-Type: text/plain; format=flowed\r\n\r\nx")[2] == [
        b"format",
        b"flowed",
        b"charset",
        b"us-ascii",
    ]
    assert _structure(b"Content-Type: text/html\r\n\r\nx")[2] is None


def test_the_two_part_example_of_rfc_9051() -> None:
    # RFC 9051 §7.5.2, "A two-part message": structure as there, sizes of this message.
    data = _message(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=us-ascii\n\n"
        "hello\n\n--b\nContent-Type: text/plain; charset=us-ascii; name=cc.diff\n"
        "Content-ID: <960723163407.20117h@cac.washington.edu>\nContent-Description: Compiler diff\n"
        "Content-Transfer-Encoding: base64\n\nYWJj\nYWJj\n--b--\n"
    )
    assert encode_body(data, scan(data), extended=False) == (
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1)'
        b'("text" "plain" ("charset" "us-ascii" "name" "cc.diff") "<960723163407.20117h@cac.washington.edu>"'
        b' "Compiler diff" "base64" 10 1) "mixed")'
    )


def test_extension_data_is_complete() -> None:
    data = _message(
        "Content-Type: multipart/mixed; boundary=b\nContent-Language: fr, en\nContent-Location: http://x.test/\n\n--b\n"
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Language: fr\n"
        "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Location: a\n\nx\n--b--\n"
    )
    leaf, subtype, *rest = _structure(data)
    assert (subtype, rest) == (b"mixed", [[b"boundary", b"b"], None, [b"fr", b"en"], b"http://x.test/"])
    assert leaf[7:] == [b"Q2hlY2sgSW50ZWdyaXR5IQ==", [b"attachment", [b"filename", b"a.pdf"]], [b"fr"], b"a"]
    assert _structure(b"Content-Disposition: inline\r\n\r\nx")[9] == [b"inline", None]


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("name=a.txt", [b"name", b"a.txt"]),
        ('name=""', [b"name", b""]),
        ("name*=utf-8''%C3%A9.txt", [b"name*", b"utf-8''%C3%A9.txt"]),
        ("name*=iso-8859-1''%E9.txt", [b"name*", b"utf-8''%C3%A9.txt"]),
        ("name*0=a; name*1=b", [b"name", b"ab"]),
        ('name="=?utf-8?Q?=C3=A9?="', [b"name*", b"utf-8''%C3%A9"]),
        ("name=é", [b"name*", b"utf-8''%C3%A9"]),
        ("name*=utf-8''a%0D%0Ab%20'c", [b"name*", b"utf-8''a%0D%0Ab%20%27c"]),
    ],
)
def test_parameters_are_decoded_once_and_always_ascii(field: str, params: list[bytes]) -> None:
    assert _structure(_message(f"Content-Type: application/x; {field}\n\nx"))[2] == params


def test_an_enclosed_message_brings_envelope_structure_and_lines() -> None:
    inner = "Subject: inner\nFrom: a@b.test\n\nbody\n"
    data = _message(
        f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    )
    enclosed = _structure(data)[0]
    assert enclosed[:7] == [b"message", b"rfc822", None, None, None, b"7bit", len(_message(inner))]
    assert enclosed[7][1] == b"inner"
    assert enclosed[8][:2] == [b"text", b"plain"]
    assert enclosed[8][6:8] == [6, 1]
    assert enclosed[9] == 4


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("multipart/mixed; boundary=b", [b"text", b"plain"]),
        ("multipart/mixed", [b"text", b"plain"]),
        ("message/rfc822\nContent-Transfer-Encoding: base64", [b"application", b"octet-stream"]),
        ("message/global\nContent-Transfer-Encoding: base64", [b"application", b"octet-stream"]),
        ("message/delivery-status", [b"message", b"delivery-status"]),
    ],
)
def test_a_composite_type_without_children_is_shown_as_the_leaf_it_is(header: str, kind: list[bytes]) -> None:
    assert _structure(_message(f"Content-Type: {header}\n\nno parts\n"))[:2] == kind


def test_every_sample_has_a_valid_structure() -> None:
    folder = find_shared("data", "mail")
    if folder is None:
        pytest.skip("shared sample data is not here")
    paths: list[Path] = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in paths:
        data = path.read_bytes()
        for extended in (False, True):
            _structure(data, extended=extended)
