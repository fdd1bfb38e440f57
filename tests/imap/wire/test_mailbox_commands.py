"""Commands about whole mailboxes."""

import pytest

from mssmail.core.mailbox import ModSeq, UIDSet, UIDValidity
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import CommandBody, Create, Delete, Known, Rename, Select, Status, Subscribe
from tests.imap.wire.support import read_command

SEVEN, EIGHT = UIDValidity(7), ModSeq(8)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"SELECT inbox", Select("INBOX")),
        (b'EXAMINE "a b"', Select("a b", read_only=True)),
        (b"SELECT a (CONDSTORE)", Select("a", condstore=True)),
        (b"SELECT a (QRESYNC (7 8))", Select("a", known=Known(SEVEN, EIGHT))),
        (b"SELECT a (QRESYNC (7 8 1:3))", Select("a", known=Known(SEVEN, EIGHT, UIDSet(((1, 3),))))),
        (b"SELECT a (QRESYNC (7 8 (1:2 3:4)))", Select("a", known=Known(SEVEN, EIGHT))),
        (b"SELECT a (QRESYNC (7 8 1:3 (1:2 3:4)))", Select("a", known=Known(SEVEN, EIGHT, UIDSet(((1, 3),))))),
        (b"CREATE &AOk-", Create("é")),
        (b"CREATE a/", Create("a/")),
        (rb"CREATE a (USE (\sent))", Create("a", r"\Sent")),
        (b"CREATE a (use ())", Create("a")),
        (b"DELETE {1+}\r\na", Delete("a")),
        (b"RENAME inbox b", Rename("INBOX", "b")),
        (b"SUBSCRIBE a", Subscribe("a")),
        (b"UNSUBSCRIBE a", Subscribe("a", subscribed=False)),
        (b"STATUS a (messages UNSEEN MESSAGES)", Status("a", ("MESSAGES", "UNSEEN"))),
        (
            b"STATUS a (RECENT UIDNEXT UIDVALIDITY SIZE DELETED)",
            Status("a", ("RECENT", "UIDNEXT", "UIDVALIDITY", "SIZE", "DELETED")),
        ),
    ],
)
def test_a_mailbox_command_is_read(line: bytes, command: CommandBody) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        b"SELECT",
        b"SELECT a b",
        b"CREATE a ",
        b"CREATE a (USE)",
        b"CREATE a (USE (Sent))",
        rb"CREATE a (USE (\Sent)",
        rb"CREATE a (FOO (\Sent))",
        b"RENAME a",
        b"RENAME a ",
        b"STATUS a",
        b"STATUS a ()",
        b"STATUS a MESSAGES",
        b"STATUS a (FOO)",
        b"SELECT a ()",
        b"SELECT a (FOO)",
        b"SELECT a (CONDSTORE CONDSTORE)",
        b"SELECT a (FOO (1 2))",
        b"SELECT a (QRESYNC (1 2) QRESYNC (1 2))",
        b"SELECT a (QRESYNC)",
        b"SELECT a (QRESYNC (0 2))",
        b"SELECT a (QRESYNC (1))",
        b"SELECT a (QRESYNC (1 2 $))",
        b"SELECT a (QRESYNC (1 2 1:3 (1:2)))",
    ],
)
def test_a_mailbox_command_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadSyntax) as fault:
        read_command(line)
    assert fault.value.tag == "A1"
