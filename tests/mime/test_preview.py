"""The first words of messages of every kind, and what must not show among them."""

import time

import pytest

from mssmail.mime.parts import scan
from mssmail.mime.preview import MAX_CHARACTERS, build_preview

PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"


def _preview(data: bytes) -> str:
    return build_preview(data, scan(data))


def _multipart(subtype: bytes, *parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/" + subtype + b"; boundary=b\r\n\r\n" + body + b"--b--\r\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\r\nHello,\r\n\r\n  the result\tis here.\r\n", "Hello, the result is here."),
        (b"", ""),
        (b"Subject: only a header\r\n\r\n", ""),
        (PLAIN + "Résumé 😀".encode(), "Résumé 😀"),
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9", "café"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n", "Hello"),
        (b"Content-Transfer-Encoding: quoted-printable\r\n\r\nA =C3=A9=\r\nt=C3=A9", "A été"),
        (HTML + b"<p>caf&eacute; &lt;b&gt;</p><br>now", "café <b> now"),
        (HTML + b"<head><TITLE>Letter</title ><style>p {}</style></head><!-- <o>96</o> --><p>Dear all</p>", "Dear all"),
        (HTML + b"<title>open", "open"),
        (HTML + b"before <!-- never <p>closed</p>", "before"),
        (HTML + b"a<!--[if mso]><xml>96</xml><![endif]-->b", "ab"),
        (HTML + b"pre&#8203;view&zwnj;&nbsp;&zwnj;&nbsp;&#847;&shy;&zwnj;", "preview"),
        (b"Content-Type: application/pdf\r\n\r\n%PDF", ""),
        (b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR", ""),
    ],
)
def test_one_part_is_read_as_people_read_it(data: bytes, text: str) -> None:
    assert _preview(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (_multipart(b"mixed", PLAIN + b"first", PLAIN + b"second"), "first"),
        (_multipart(b"mixed", PLAIN + b" \r\n", HTML + b"<p>second"), "second"),
        (_multipart(b"mixed", b"Content-Disposition: attachment\r\n\r\nnot this", PLAIN + b"this"), "this"),
        (_multipart(b"alternative", HTML + b"<p>rich", PLAIN + b"plain"), "plain"),
        (_multipart(b"alternative", PLAIN + b"\r\n", HTML + b"<p>rich"), "rich"),
        (_multipart(b"signed", PLAIN + b"signed", b"Content-Type: application/pkcs7-signature\r\n\r\nMII"), "signed"),
        (
            _multipart(b"report", PLAIN + b"It failed.", b"Content-Type: message/delivery-status\r\n\r\nA: b"),
            "It failed.",
        ),
        (
            _multipart(
                b"report; report-type=disposition-notification",
                PLAIN + b"It was read.",
                b"Content-Type: message/disposition-notification\r\n\r\nDisposition: manual-action",
            ),
            "It was read.",
        ),
        (_multipart(b"mixed", PLAIN, b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ninner"), "inner"),
        (_multipart(b"mixed", PLAIN + b"see below", b"Content-Type: message/rfc822\r\n\r\n\r\ninner"), "see below"),
        (b"Content-Type: message/rfc822; forwarded=no\r\n\r\nSubject: x\r\n\r\nwrapped", "wrapped"),
        (b"Content-Type: multipart/mixed; boundary=none\r\n\r\nno part", ""),
    ],
)
def test_the_first_part_with_words_is_taken(data: bytes, text: str) -> None:
    assert _preview(data) == text


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIIB",
        _multipart(
            b"encrypted",
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
            b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----",
        ),
        PLAIN + b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM",
    ],
)
def test_of_what_is_encrypted_nothing_shows(data: bytes) -> None:
    assert _preview(data) == ""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"Yes.\r\n\r\n> Is it?\r\n>> Who?\r\n-- \r\nDr Martin", "Yes."),
        (b"> quoted\r\n> only", "> quoted > only"),
        (b"-- \r\nDr Martin", "-- Dr Martin"),
    ],
)
def test_answers_show_what_is_new_in_them(body: bytes, text: str) -> None:
    assert _preview(PLAIN + body) == text


def test_repeated_header_fields_are_no_text() -> None:
    legacy = b'Content-Type: text/plain; charset=utf-8; hp-legacy-display="1"\r\n\r\nSubject: Secret\r\n\r\nHello'
    assert _preview(legacy) == "Hello"
    assert _preview(legacy.replace(b"\r\n\r\nHello", b"")) == ""
    div = b'<html><body><DIV class="header-protection-legacy-display"><pre>Subject: Secret</pre></DIV><p>Hello'
    assert _preview(HTML.replace(b"html;", b"html; hp-legacy-display=1;") + div) == "Hello"
    assert _preview(HTML.replace(b"html;", b"html; hp-legacy-display=1;") + div.replace(b"</DIV>", b"")) != "Hello"
    assert _preview(HTML.replace(b"html;", b"html; hp-legacy-display=1;") + b"<p>Hello") == "Hello"
    assert _preview(HTML + div) == "Subject: Secret Hello"  # nothing says that it is one
    older = b'mixed; protected-headers="v1"'
    repeated = b'Content-Type: text/plain; protected-headers="v1"\r\n\r\nSubject: Secret'
    assert _preview(_multipart(older, repeated, PLAIN + b"Hello")) == "Hello"
    assert _preview(b'Content-Type: text/plain; protected-headers="v1"\r\nSubject: x\r\n\r\nHello') == "Hello"


def test_nothing_deceives() -> None:
    shown = _preview(PLAIN + "a\u202egnp\u2066b\x07\x1b[31m\u2800\u200bc".encode())
    assert shown == "agnpb[31m c"
    assert _preview(PLAIN + "می\u200cخواهم 👩\u200d⚕".encode()) == "می\u200cخواهم 👩\u200d⚕"


def test_length_is_counted_in_characters() -> None:
    assert _preview(PLAIN + "é".encode() * 500) == "é" * MAX_CHARACTERS
    assert _preview(PLAIN + ("x" * 199 + "  y").encode()) == "x" * 199


def test_a_message_that_is_cut_off_shows_what_there_is() -> None:
    data = _multipart(b"mixed", PLAIN + b"first", b"Content-Type: application/pdf\r\n\r\n" + b"x" * 5_000)
    assert _preview(data[:300]) == "first"


def test_many_blank_parts_are_not_all_tried() -> None:
    assert _preview(_multipart(b"mixed", *[PLAIN] * 8, PLAIN + b"the ninth")) == ""


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<title>", "<title ", "<div header-protection-legacy-display", "</div ", "\u200c", "> ", "<", "&", " "],
)
def test_hostile_text_takes_no_long_time(piece: str) -> None:
    body = piece.encode() * (131_072 // len(piece.encode()))
    began = time.process_time()
    _preview(b"Content-Type: text/html; charset=utf-8; hp-legacy-display=1\r\n\r\n" + body)
    _preview(PLAIN + body)
    assert time.process_time() - began < 20  # quadratic time is minutes
