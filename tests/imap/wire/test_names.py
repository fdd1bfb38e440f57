"""Mailbox names as clients write them."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.names import parse_list_mailbox, parse_mailbox, parse_reference
from tests.imap.wire.support import build_cursor


@pytest.mark.parametrize("text", [b"INBOX", b"inbox", b'"InBox"'])
def test_inbox_is_inbox_in_any_case(text: bytes) -> None:
    assert parse_mailbox(build_cursor(text)) == "INBOX"


@pytest.mark.parametrize(
    ("text", "name"), [(b"inbox/a", "inbox/a"), (b'"a b"', "a b"), (b"&AOk-t&AOk-", "été"), (b"a]", "a]")]
)
def test_a_name_is_read_from_modified_utf7(text: bytes, name: str) -> None:
    assert parse_mailbox(build_cursor(text)) == name


def test_a_name_in_8_bits_is_refused_until_utf8_is_enabled() -> None:
    with pytest.raises(BadSyntax):
        parse_mailbox(build_cursor(b"\n", "été".encode()))
    assert parse_mailbox(build_cursor(b"\n", "été".encode(), utf8=True)) == "été"
    assert parse_mailbox(build_cursor(b"R&D", utf8=True)) == "R&D"


def test_a_mailbox_has_a_name_and_a_reference_may_have_none() -> None:
    with pytest.raises(BadSyntax, match="has a name"):
        parse_mailbox(build_cursor(b'""'))
    assert parse_reference(build_cursor(b'""')) == ""


@pytest.mark.parametrize(
    ("text", "pattern"), [(b"*", "*"), (b"%/&AOk-*", "%/é*"), (b'"a b%"', "a b%"), (b'""', ""), (b"a]", "a]")]
)
def test_a_pattern_may_hold_wildcards(text: bytes, pattern: str) -> None:
    assert parse_list_mailbox(build_cursor(text)) == pattern


@pytest.mark.parametrize("text", [b"&AAA-", b'"a\tb"', b"a&ICg-b", b"&AIU-"])
def test_a_name_holds_no_control_character(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_mailbox(build_cursor(text))
    with pytest.raises(BadSyntax):
        parse_list_mailbox(build_cursor(b"\n", b"a\nb", utf8=True))


@pytest.mark.parametrize("text", [b"", b"(a)", b"%"])
def test_what_is_no_name_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_mailbox(build_cursor(text))
