"""Commands about rights."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import CommandBody, DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from tests.imap.wire.support import read_command


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"SETACL INBOX/Drafts anne@a.test lr", SetAcl("INBOX/Drafts", "anne@a.test", "", "lr")),
        (b'setacl inbox "anne@a.test" "+a0"', SetAcl("INBOX", "anne@a.test", "+", "a0")),
        (b"SETACL a b -", SetAcl("a", "b", "-", "")),
        (b'SETACL a b ""', SetAcl("a", "b", "", "")),
        (b"DELETEACL a -b", DeleteAcl("a", "-b")),
        (b"GETACL &AOk-", GetAcl("é")),
        (b"LISTRIGHTS a b", ListRights("a", "b")),
        (b'MYRIGHTS "a b"', MyRights("a b")),
    ],
)
def test_reads_each(text: bytes, body: CommandBody) -> None:
    assert read_command(text) == body


@pytest.mark.parametrize(
    "text",
    [b"SETACL a b", b"SETACL a b LR", b"SETACL a b =l", b'SETACL a "" l', b"GETACL", b"LISTRIGHTS a"],
)
def test_refuses_what_the_grammar_does_not_know(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(text)
