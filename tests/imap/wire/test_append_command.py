"""APPEND with all it may carry."""

from datetime import UTC, datetime

import pytest

from mssmail.core.mailbox import STAR
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import Append, AppendMessage, Replace
from tests.imap.wire.support import read_command

NOON = datetime(1994, 2, 7, 12, 0, 0, tzinfo=UTC)
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        (b"APPEND a {3+}\r\nabc", (AppendMessage(NONE, None, b"abc"),)),
        (b"APPEND a {3}\r\nabc", (AppendMessage(NONE, None, b"abc"),)),
        (b"APPEND a () {0+}\r\n", (AppendMessage(NONE, None, b""),)),
        (rb"APPEND a (\seen $x)" + b" {1+}\r\n\xff", (AppendMessage(frozenset({r"\Seen", "$x"}), None, b"\xff"),)),
        (b'APPEND a " 7-Feb-1994 12:00:00 +0000" {1+}\r\na', (AppendMessage(NONE, NOON, b"a"),)),
        (b'APPEND a (b) " 7-Feb-1994 12:00:00 +0000" ~{2+}\r\n\0a', (AppendMessage(frozenset({"b"}), NOON, b"\0a"),)),
        (
            b"APPEND a {1+}\r\na (b) {1+}\r\nc",
            (AppendMessage(NONE, None, b"a"), AppendMessage(frozenset({"b"}), None, b"c")),
        ),
    ],
)
def test_an_append_is_read(line: bytes, messages: tuple[AppendMessage, ...]) -> None:
    assert read_command(line) == Append("a", messages)


@pytest.mark.parametrize(
    "line",
    [
        b"APPEND a",
        b"APPEND a abc",
        b'APPEND a "abc"',
        b"APPEND a (b){1+}\r\na",
        rb"APPEND a (\Recent)" + b" {1+}\r\na",
        b'APPEND a " 7-Feb-1994 12:00:00 +0000"{1+}\r\na',
        b'APPEND a " 7-Feb-1994 12:00:00 +0000" (b) {1+}\r\na',
        b"APPEND a {2+}\r\n\0a",
        b"APPEND a {1+}\r\na ",
        b"APPEND a {1+}\r\na{1+}\r\na",
    ],
)
def test_an_append_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)


def test_a_message_in_utf8_is_read_once_that_is_enabled() -> None:
    line = b"APPEND a UTF8 (~{2+}\r\n\xc3\xa9)"
    assert read_command(line, utf8=True) == Append("a", (AppendMessage(NONE, None, b"\xc3\xa9"),))
    with pytest.raises(BadSyntax):
        read_command(line)


def test_a_message_is_not_shown_in_logs() -> None:
    assert "abc" not in repr(AppendMessage(NONE, None, b"abc"))


@pytest.mark.parametrize(
    ("line", "replace"),
    [
        (b"REPLACE 4 a {1+}\r\nx", Replace(4, False, "a", AppendMessage(NONE, None, b"x"))),
        (b"uid replace 4 inbox (b) {0+}\r\n", Replace(4, True, "INBOX", AppendMessage(frozenset({"b"}), None, b""))),
        (b"REPLACE * a {1+}\r\nx", Replace(STAR, False, "a", AppendMessage(NONE, None, b"x"))),
    ],
)
def test_a_replacement_names_one_message(line: bytes, replace: Replace) -> None:
    assert read_command(line) == replace


@pytest.mark.parametrize(
    "line", [b"REPLACE 1:2 a {1+}\r\nx", b"REPLACE 0 a {1+}\r\nx", b"REPLACE 1 a", b"REPLACE 1 a {1+}\r\nx {1+}\r\ny"]
)
def test_a_replacement_of_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)
