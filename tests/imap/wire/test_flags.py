"""Flags that clients may set."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.flags import parse_flag, parse_flag_list, parse_flags
from tests.imap.wire.support import build_cursor


@pytest.mark.parametrize(
    ("text", "flag"),
    [(rb"\Seen", r"\Seen"), (rb"\sEEN", r"\Seen"), (rb"\DRAFT", r"\Draft"), (b"$MDNSent", "$MDNSent"), (b"a+", "a+")],
)
def test_system_flags_have_one_spelling_and_keywords_their_own(text: bytes, flag: str) -> None:
    assert parse_flag(build_cursor(text)) == flag


@pytest.mark.parametrize("text", [rb"\Recent", rb"\Foo", rb"\*", b"\\", b"", b'"a"', b"(a)"])
def test_what_no_client_sets_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_flag(build_cursor(text))


def test_a_list_may_be_empty() -> None:
    assert parse_flag_list(build_cursor(b"()")) == frozenset()
    assert parse_flag_list(build_cursor(rb"(\Seen a \seen)")) == {r"\Seen", "a"}


def test_store_takes_flags_without_parentheses() -> None:
    assert parse_flags(build_cursor(rb"\Seen a")) == {r"\Seen", "a"}
    assert parse_flags(build_cursor(rb"(\Seen a)")) == {r"\Seen", "a"}
