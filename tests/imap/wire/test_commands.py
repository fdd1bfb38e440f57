"""Commands are values: frozen, comparable, and every kind of them can be parsed."""

import dataclasses
from typing import get_args

import pytest

from mssmail.imap.wire.commands import AppendMessage, Command, CommandBody, Noop, Unparsable
from tests.imap.wire.support import read_command

SAMPLES = [
    b"CAPABILITY",
    b"NOOP",
    b"LOGOUT",
    b"STARTTLS",
    b"AUTHENTICATE PLAIN",
    b"LOGIN a b",
    b"ID NIL",
    b"ENABLE X",
    b"SELECT a",
    b"CREATE a",
    b"DELETE a",
    b"RENAME a b",
    b"SUBSCRIBE a",
    b'LIST "" *',
    b"NAMESPACE",
    b"STATUS a (MESSAGES)",
    b"APPEND a {1+}\r\na",
    b"REPLACE 1 a {1+}\r\na",
    b"CHECK",
    b"CLOSE",
    b"UNSELECT",
    b"EXPUNGE",
    b"SEARCH ALL",
    b"SORT (SIZE) UTF-8 ALL",
    b"THREAD REFERENCES UTF-8 ALL",
    b"FETCH 1 FLAGS",
    b"STORE 1 FLAGS a",
    b"COPY 1 a",
    b"MOVE 1 a",
    b'GETQUOTA ""',
    b"GETQUOTAROOT a",
    b'CANCELUPDATE "a"',
    b"SETACL a b l",
    b"DELETEACL a b",
    b"GETACL a",
    b"LISTRIGHTS a b",
    b"MYRIGHTS a",
    b"GETMETADATA a /shared/b",
    b"SETMETADATA a (/shared/b NIL)",
    b"NOTIFY NONE",
    b"IDLE",
    b"XYZZY",
    b"NOTIFY NONE",
]


def test_every_kind_of_command_can_be_parsed() -> None:
    assert {type(read_command(line)) for line in SAMPLES} == set(get_args(CommandBody))


@pytest.mark.parametrize("kind", [*get_args(CommandBody), AppendMessage, Command])
def test_commands_cannot_be_changed(kind: type) -> None:
    assert dataclasses.fields(kind) is not None
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_commands_are_compared_by_value() -> None:
    assert Command("A1", Noop()) == Command("A1", Noop())
    assert Command("A1", Noop()) != Command("A1", Unparsable("x"))
