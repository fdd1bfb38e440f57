"""Each character class against the ABNF, over all 256 octets."""

import re

import pytest

from mssmail.imap.wire import octets


def _is_char(octet: int) -> bool:  # CHAR = %x01-7F
    return 0x01 <= octet <= 0x7F


def _is_ctl(octet: int) -> bool:  # CTL = %x00-1F / %x7F
    return octet <= 0x1F or octet == 0x7F


def _is_atom_char(octet: int) -> bool:
    special = octet in b"(){" or octet == 0x20 or _is_ctl(octet) or octet in b"%*" or octet in b'"\\' or octet in b"]"
    return _is_char(octet) and not special


def _is_astring_char(octet: int) -> bool:
    return _is_atom_char(octet) or octet == ord("]")


CLASSES = {
    "ATOM": (octets.ATOM, _is_atom_char),
    "ASTRING": (octets.ASTRING_ATOM, _is_astring_char),
    "TAG": (octets.TAG, lambda octet: _is_astring_char(octet) and octet != ord("+")),
    "LIST": (octets.LIST_ATOM, lambda octet: _is_astring_char(octet) or octet in b"%*"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_an_atom_like_class_holds_exactly_what_its_abnf_says(name: str) -> None:
    pattern, expected = CLASSES[name]
    for octet in range(256):
        assert bool(pattern.fullmatch(bytes([octet]))) == expected(octet), octet


def test_a_quoted_char_is_text_but_for_the_specials_which_are_escaped() -> None:
    for octet in range(256):
        text = octet >= 0x80 or (_is_char(octet) and octet not in b"\r\n")
        special = octet in b'"\\'
        assert bool(octets.QUOTED.fullmatch(bytes([0x22, octet, 0x22]))) == (text and not special), octet
        assert bool(octets.QUOTED.fullmatch(bytes([0x22, 0x5C, octet, 0x22]))) == special, octet


def test_the_named_classes_agree_with_the_patterns() -> None:
    assert set(octets.CTL) == {octet for octet in range(256) if _is_ctl(octet)}
    assert set(octets.ATOM_CHARS) == {octet for octet in range(256) if _is_atom_char(octet)}
    assert set(octets.TEXT_CHARS) == {octet for octet in range(256) if _is_char(octet) and octet not in b"\r\n"}


def test_a_class_is_built_of_exactly_its_octets() -> None:
    pattern = re.compile(octets.build_class(b"a^-]\\\x00"))
    assert {octet for octet in range(256) if pattern.fullmatch(bytes([octet]))} == set(b"a^-]\\\x00")


def test_an_unended_quoted_string_is_given_up_in_linear_time() -> None:
    assert octets.QUOTED.match(b'"' + b'a\\"' * 300_000) is None
