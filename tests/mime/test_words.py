"""Encoded words, well made and badly made."""

import time

import pytest

from mssmail.mime.words import decode_base64, decode_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        # RFC 2047 §8
        (b"=?ISO-8859-1?Q?a?=", "a"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", "If you can read this yo"),
        (b"=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=", "u understand the example."),
        # RFC 2231 §5
        (b"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        # a character cut in two by the sender
        (b"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
        (b"=?utf-8?B?w4k=?= =?UTF-8?B?w4k=?=", "ÉÉ"),
        # broken: missing padding, blanks inside, unknown charset, not closed, 8-bit beside it
        (b"=?utf-8?B?w6k?=", "é"),
        (b"=?utf-8?Q?two words?=", "two words"),
        (b"=?x-nobody?Q?=E9?=", "é"),
        (b"=?utf-8?Q?open", "=?utf-8?Q?open"),
        (b"=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("é =?utf-8?Q?=C3=A8?=".encode(), "é è"),
        (b"=?utf-8?Q?=00=0A=0Dx?=", "  x"),
        (b"a\tb\r\n c", "a b c"),
    ],
)
def test_decodes(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    ("raw", "wanted"), [(b"YWJj", b"abc"), (b"YW Jj\r\n", b"abc"), (b"YWJ", b"ab"), (b"YWJjZ", b"abc")]
)
def test_base64_is_read_as_far_as_it_goes(raw: bytes, wanted: bytes) -> None:
    assert decode_base64(raw) == wanted


@pytest.mark.parametrize(
    "raw", [b"=?" * 500_000, b"=?a?q?" * 200_000, b"=?utf-8?q?a?= " * 80_000, b"=?a?b?" + b"x" * 900_000]
)
def test_pathological_values_take_linear_time(raw: bytes) -> None:
    begun = time.process_time()
    decode_words(raw)
    assert time.process_time() - begun < 5
