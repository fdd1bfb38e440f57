"""Quoted-printable, and what relays put at the ends of its lines."""

import pytest

from mssmail.mime.quoted_printable import decode_quoted_printable


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"caf=C3=A9=\r\n!", b"caf\xc3\xa9!"),
        (b"a  \r\nb\t \nc \t", b"a\r\nb\nc"),  # RFC 2045 §6.7, rule 3
        (b"a=20\r\nb=09\r\n", b"a \r\nb\t\r\n"),  # a blank that is meant
        (b"soft=  \r\nly", b"softly"),
        (b"  in front and\tamid\r\n", b"  in front and\tamid\r\n"),
        (b"100 = 99 + 1", b"100 = 99 + 1"),
        (b" \r\n\t", b"\r\n"),
        (b"", b""),
    ],
)
def test_what_is_meant(encoded: bytes, octets: bytes) -> None:
    assert decode_quoted_printable(encoded) == octets


def test_a_line_that_goes_on_keeps_its_blanks() -> None:
    assert decode_quoted_printable(b"a \nb ", is_end=False) == b"a\nb "


def test_many_blanks_in_the_middle_take_time_in_proportion() -> None:
    text = b" " * 1_000_000 + b"x"
    assert decode_quoted_printable(text) == text
