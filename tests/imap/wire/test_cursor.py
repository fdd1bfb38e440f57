"""What each reader of the cursor takes, and what it leaves to others."""

import re

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import MAX_NUMBER, MAX_NUMBER64, Cursor, decode_text
from mssmail.imap.wire.frames import Frame, Literal
from tests.imap.wire.support import build_cursor


def test_a_text_is_passed_over_or_left() -> None:
    cursor = build_cursor(b"(a")
    assert not cursor.try_text(b")")
    assert cursor.is_at(b"(")
    assert cursor.try_text(b"(")
    with pytest.raises(BadSyntax, match=r"expected '\)'"):
        cursor.expect_text(b")")
    cursor.expect_text(b"a")
    cursor.expect_end()


def test_a_pattern_is_matched_here_and_nowhere_else() -> None:
    cursor = build_cursor(b"ab12")
    assert cursor.try_match(re.compile(rb"[0-9]+")) is None
    assert cursor.expect_match(re.compile(rb"[a-z]+"), "letters") == b"ab"
    with pytest.raises(BadSyntax, match="expected letters"):
        cursor.expect_match(re.compile(rb"[a-z]+"), "letters")


def test_one_space_is_a_space() -> None:
    cursor = build_cursor(b"  x")
    cursor.expect_space()
    with pytest.raises(BadSyntax, match="expected an atom"):
        cursor.expect_atom()
    with pytest.raises(BadSyntax, match="expected a space"):
        build_cursor(b"x").expect_space()


def test_nothing_follows_the_end() -> None:
    build_cursor(b"").expect_end()
    with pytest.raises(BadSyntax, match="something follows"):
        build_cursor(b" ").expect_end()


def test_atoms_are_as_written_and_keywords_in_capitals() -> None:
    assert build_cursor(b"aB+c}").expect_atom() == "aB+c}"
    assert build_cursor(b"status").expect_keyword("an option") == "STATUS"


@pytest.mark.parametrize(
    ("text", "largest", "number"),
    [
        (b"0", MAX_NUMBER, 0),
        (b"007", MAX_NUMBER, 7),
        (b"4294967295", MAX_NUMBER, MAX_NUMBER),
        (b"9223372036854775807", MAX_NUMBER64, MAX_NUMBER64),
    ],
)
def test_numbers_up_to_their_bound_are_read(text: bytes, largest: int, number: int) -> None:
    assert build_cursor(text).expect_number(largest) == number


@pytest.mark.parametrize(
    ("text", "largest"),
    [(b"4294967296", MAX_NUMBER), (b"9223372036854775808", MAX_NUMBER64), (b"9" * 100_000, MAX_NUMBER64)],
)
def test_numbers_beyond_their_bound_are_refused(text: bytes, largest: int) -> None:
    with pytest.raises(BadSyntax, match="too large"):
        build_cursor(text).expect_number(largest)


@pytest.mark.parametrize("text", [b"0", b"01", b"", b"-1", b"x"])
def test_a_number_that_must_not_be_zero_does_not_begin_with_zero(text: bytes) -> None:
    with pytest.raises(BadSyntax, match="expected a number"):
        build_cursor(text).expect_nz_number()


@pytest.mark.parametrize(("text", "value"), [(b'""', b""), (b'"a b"', b"a b"), (rb'"a\"\\b"', b'a"\\b')])
def test_quotes_are_taken_off(text: bytes, value: bytes) -> None:
    assert build_cursor(text).try_quoted() == value


@pytest.mark.parametrize("text", [b'"a', rb'"a\b"', b'"a\x00"', b'"a\rb"'])
def test_what_is_not_well_quoted_is_no_string(text: bytes) -> None:
    cursor = build_cursor(text)
    assert cursor.try_quoted() is None
    with pytest.raises(BadSyntax, match="expected a string"):
        cursor.expect_string()


def test_quoted_strings_are_utf8_and_nothing_else() -> None:
    # RFC 9051 §4.3.1, RFC 6855 §3
    assert build_cursor('"é"'.encode()).expect_text_astring() == "é"
    with pytest.raises(BadSyntax, match="not UTF-8"):
        build_cursor(b'"\xe9"').try_quoted()


def test_literals_are_given_in_order() -> None:
    cursor = build_cursor(b"\n \n", b"a\r\n", b"\xff")
    assert cursor.expect_string() == b"a\r\n"
    cursor.expect_space()
    assert cursor.expect_astring() == b"\xff"
    assert cursor.try_literal() is None


@pytest.mark.parametrize("literal", [Literal(b"a\x00"), Literal(b"a", binary=True)])
def test_a_string_is_not_binary(literal: Literal) -> None:
    with pytest.raises(BadSyntax, match="cannot be binary"):
        Cursor(Frame(b"\n", (literal,))).expect_string()


@pytest.mark.parametrize(("text", "is_nil"), [(b"NIL", True), (b"nil)", True), (b"NILS", False), (b'"NIL"', False)])
def test_nil_is_a_word_of_its_own(text: bytes, is_nil: bool) -> None:
    assert build_cursor(text).try_nil() == is_nil


def test_nil_is_none_and_quoted_nil_is_not() -> None:
    assert build_cursor(b"NIL").expect_nstring() is None
    assert build_cursor(b'"NIL"').expect_nstring() == b"NIL"
    with pytest.raises(BadSyntax, match="a string or NIL"):
        build_cursor(b"atom").expect_nstring()


@pytest.mark.parametrize(("text", "value"), [(b"a]b", b"a]b"), (b'"a"', b"a"), (b"NIL", b"NIL")])
def test_an_astring_is_an_atom_or_a_string(text: bytes, value: bytes) -> None:
    assert build_cursor(text).expect_astring() == value


@pytest.mark.parametrize(("text", "items"), [(b"(1)", (1,)), (b"(1 2 3)", (1, 2, 3))])
def test_a_list_has_items_with_a_blank_between(text: bytes, items: tuple[int, ...]) -> None:
    cursor = build_cursor(text)
    assert cursor.expect_list(cursor.expect_number) == items


@pytest.mark.parametrize("text", [b"()", b"(1 )", b"( 1)", b"(1  2)", b"(1", b"1"])
def test_a_list_is_not_written_otherwise(text: bytes) -> None:
    cursor = build_cursor(text)
    with pytest.raises(BadSyntax):
        cursor.expect_list(cursor.expect_number)


def test_text_is_utf8() -> None:
    assert decode_text("é".encode()) == "é"
    with pytest.raises(BadSyntax, match="not UTF-8"):
        decode_text(b"\xe9")
