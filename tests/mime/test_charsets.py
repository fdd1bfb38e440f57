"""Charset labels from strangers, and text that is safe to keep."""

import encodings

import pytest

from mssmail.mime.charsets import clean_text, decode_text, find_codec


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf_8"),
        ("us-ascii", "ascii"),
        ("ISO-8859-1", "latin_1"),
        ("iso-8859-15", "iso8859_15"),
        ("windows-1252", "cp1252"),
        ("Windows-1258", "cp1258"),
        ("ks_c_5601-1987", "euc_kr"),
        ("ISO-8859-8-I", "iso8859_8"),
        ("x-sjis", "cp932"),
        ("koi8-u", "koi8_u"),
        ("macintosh", "mac_roman"),
    ],
)
def test_knows_the_labels_that_mail_uses(label: str, codec: str) -> None:
    assert find_codec(label) == codec


@pytest.mark.parametrize(
    "label", ["zlib", "base64_codec", "rot13", "idna", "punycode", "unicode_escape", "undefined", "", "a\0b", "x" * 99]
)
def test_refuses_labels_that_are_no_charsets(label: str) -> None:
    assert find_codec(label) is None
    assert decode_text(b"abc", label) == "abc"


def test_unknown_labels_leave_no_trace_in_the_process() -> None:
    cache = encodings._cache
    for number in range(50):
        assert decode_text(b"\xe9", f"unheard-of-{number}") == "é"
    assert not [name for name in cache if "unheard" in name]


def test_guesses_utf_8_then_windows_1252() -> None:
    assert decode_text("é".encode()) == "é"
    assert decode_text(b"\xe9 \x80") == "é €"
    assert decode_text("é".encode(), "us-ascii") == "é"


def test_bytes_that_the_charset_cannot_read_are_replaced() -> None:
    assert decode_text(b"a\xff\xfeb", "utf-8") == "a\ufffd\ufffdb"


def test_text_holds_no_controls_and_no_lone_surrogates() -> None:
    assert clean_text("a\0b\x1bc\td\r\n\x85") == "abc\td\r\n"
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert decode_text(b"+2AA-", "utf-7").encode("utf-8")


@pytest.mark.parametrize("code", range(0x180))
def test_controls_go_whatever_stands_beside_them(code: int) -> None:
    is_control = code not in {9, 10, 13} and (code < 0x20 or 0x7F <= code <= 0x9F)
    for before, after in (("a", "b\n"), ("é", "b\n"), ("", "")):
        assert clean_text(f"{before}{chr(code)}{after}") == f"{before}{'' if is_control else chr(code)}{after}"
