"""Mailbox names as clients write them."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.names import NOWHERE, parse_list_mailbox, parse_mailbox, parse_reference
from tests.imap.wire.support import build_cursor


@pytest.mark.parametrize("text", [b"INBOX", b"inbox", b'"InBox"'])
def test_inbox_is_inbox_in_any_case(text: bytes) -> None:
    assert parse_mailbox(build_cursor(text)) == "INBOX"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"inbox/a", "inbox/a"),
        (b'"a b"', "a b"),
        (b"&AOk-t&AOk-", "été"),
        (b"a]", "a]"),
        (b'""', ""),
        (b"&AIU-", "\x85"),
    ],
)
def test_a_name_is_read_from_modified_utf7(text: bytes, name: str) -> None:
    assert parse_mailbox(build_cursor(text)) == parse_reference(build_cursor(text)) == name


@pytest.mark.parametrize("text", [b"R&D", b"&AGE-", b"&Jjo!", b"&2D0-", '"été"'.encode()])
def test_what_is_no_modified_utf7_names_nothing(text: bytes) -> None:
    assert parse_mailbox(build_cursor(text)) == NOWHERE
    assert parse_list_mailbox(build_cursor(text)) == NOWHERE


def test_a_name_in_8_bits_names_nothing_until_utf8_is_enabled() -> None:
    assert parse_mailbox(build_cursor(b"\n", "été".encode())) == NOWHERE
    assert parse_mailbox(build_cursor(b"\n", "été".encode(), utf8=True)) == "été"
    assert parse_mailbox(build_cursor(b"R&D", utf8=True)) == "R&D"


@pytest.mark.parametrize(
    ("text", "pattern"), [(b"*", "*"), (b"%/&AOk-*", "%/é*"), (b'"a b%"', "a b%"), (b'""', ""), (b"a]", "a]")]
)
def test_a_pattern_may_hold_wildcards(text: bytes, pattern: str) -> None:
    assert parse_list_mailbox(build_cursor(text)) == pattern


@pytest.mark.parametrize("text", [b"", b"(a)", b"%"])
def test_what_is_no_string_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_mailbox(build_cursor(text))


def test_what_is_no_utf8_is_refused_where_that_is_enabled() -> None:
    # RFC 6855 §3
    with pytest.raises(BadSyntax, match="not UTF-8"):
        parse_mailbox(build_cursor(b"\n", b"a\xff", utf8=True))


def test_a_name_of_half_a_million_levels_leads_nowhere_before_each_is_looked_up() -> None:
    longest = "𝄞" * 1_000  # of the names that are kept
    assert parse_mailbox(build_cursor(b"\n", longest.encode(), utf8=True)) == longest
    for parse in (parse_mailbox, parse_reference, parse_list_mailbox):
        assert parse(build_cursor(b'"' + b"a/" * 500_000 + b'"')) == NOWHERE
