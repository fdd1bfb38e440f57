"""LIST, plain and extended, LSUB and XLIST."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import List
from tests.imap.wire.support import read_command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b'LIST "" *', List("LIST", "", ("*",))),
        (b'LIST "" ""', List("LIST", "", ("",))),
        (b"LIST a/ %", List("LIST", "a/", ("%",))),
        (b'LSUB "" "*"', List("LSUB", "", ("*",))),
        (b'XLIST "" {1+}\r\n%', List("XLIST", "", ("%",))),
        (b'LIST "" (INBOX a% "b c")', List("LIST", "", ("INBOX", "a%", "b c"), is_extended=True)),
        (b'LIST () "" *', List("LIST", "", ("*",), is_extended=True)),
        (b'LIST "" (*)', List("LIST", "", ("*",), is_extended=True)),
        (
            b'LIST (subscribed recursivematch SUBSCRIBED) "" *',
            List("LIST", "", ("*",), ("SUBSCRIBED", "RECURSIVEMATCH"), is_extended=True),
        ),
        (b'LIST (REMOTE) "" *', List("LIST", "", ("*",), ("REMOTE",), is_extended=True)),
        (b'LIST "" * RETURN ()', List("LIST", "", ("*",), is_extended=True)),
        (
            b'LIST (SPECIAL-USE) "" * return (CHILDREN special-use)',
            List("LIST", "", ("*",), ("SPECIAL-USE",), ("CHILDREN", "SPECIAL-USE"), is_extended=True),
        ),
        (
            b'LIST "" * RETURN (SUBSCRIBED STATUS (MESSAGES unseen))',
            List("LIST", "", ("*",), (), ("SUBSCRIBED", "STATUS"), ("MESSAGES", "UNSEEN"), is_extended=True),
        ),
    ],
)
def test_a_list_is_read(line: bytes, command: List) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        b"LIST",
        b'LIST ""',
        b'LIST "" ',
        b'LIST "" ()',
        b'LIST "" * RETURN',
        b'LIST "" * FOO ()',
        b'LIST "" * RETURN (FOO)',
        b'LIST "" * RETURN (STATUS)',
        b'LIST "" * RETURN (STATUS ())',
        b'LIST (FOO) "" *',
        b'LIST (RECURSIVEMATCH) "" *',
        b'LIST (RECURSIVEMATCH REMOTE) "" *',
        b'LIST (RECURSIVEMATCH SPECIAL-USE) "" *',
        b'LIST (SUBSCRIBED)"" *',
        b'LSUB "" (a b)',
        b'LSUB "" * RETURN (CHILDREN)',
        b'XLIST (SUBSCRIBED) "" *',
    ],
)
def test_a_list_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)
