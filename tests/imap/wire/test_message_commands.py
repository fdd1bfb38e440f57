"""FETCH, STORE, COPY, EXPUNGE, SEARCH, by number and by UID."""

import pytest

from mssmail.core.mailbox import STAR, ModSeq, Saved, SeqSet, StoreAction, UIDSet
from mssmail.core.search import All
from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import CommandBody, Copy, Expunge, Fetch, FetchItem, Move, Search, Store
from tests.imap.wire.support import read_command

SEEN = frozenset({r"\Seen"})


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"FETCH 1:* FLAGS", Fetch(SeqSet(((1, STAR),)), (FetchItem("FLAGS"),))),
        (b"uid fetch 5 FLAGS", Fetch(UIDSet(((5, 5),)), (FetchItem("UID"), FetchItem("FLAGS")))),
        (b"UID FETCH 5 (FLAGS UID)", Fetch(UIDSet(((5, 5),)), (FetchItem("FLAGS"), FetchItem("UID")))),
        (rb"STORE 1 FLAGS (\Seen)", Store(SeqSet(((1, 1),)), StoreAction.REPLACE, SEEN)),
        (rb"STORE 1 +flags \Seen", Store(SeqSet(((1, 1),)), StoreAction.ADD, SEEN)),
        (rb"STORE 1 -FLAGS.SILENT (\Seen)", Store(SeqSet(((1, 1),)), StoreAction.REMOVE, SEEN, silent=True)),
        (b"UID STORE 1 FLAGS.SILENT ()", Store(UIDSet(((1, 1),)), StoreAction.REPLACE, frozenset(), silent=True)),
        (b"COPY 1,3 inbox", Copy(SeqSet(((1, 1), (3, 3))), "INBOX")),
        (b"UID COPY 1 a", Copy(UIDSet(((1, 1),)), "a")),
        (b"EXPUNGE", Expunge()),
        (b"UID EXPUNGE 3:5", Expunge(UIDSet(((3, 5),)))),
        (b"SEARCH ALL", Search(All())),
        (b"SEARCH RETURN () ALL", Search(All(), returns=())),
        (b"UID SEARCH return (min COUNT) ALL", Search(All(), uid=True, returns=("MIN", "COUNT"))),
        (b"MOVE 1 inbox", Move(SeqSet(((1, 1),)), "INBOX")),
        (b"UID MOVE $ a", Move(Saved(uid=True), "a")),
        (
            b"UID FETCH 1 FLAGS (CHANGEDSINCE 7 VANISHED)",
            Fetch(
                UIDSet(((1, 1),)),
                (FetchItem("UID"), FetchItem("FLAGS"), FetchItem("MODSEQ")),
                ModSeq(7),
                vanished=True,
            ),
        ),
        (b"FETCH 1 (MODSEQ) (CHANGEDSINCE 0)", Fetch(SeqSet(((1, 1),)), (FetchItem("MODSEQ"),), ModSeq(0))),
        (
            rb"STORE $ (UNCHANGEDSINCE 0) FLAGS.SILENT (\Seen)",
            Store(Saved(uid=False), StoreAction.REPLACE, SEEN, silent=True, unchanged_since=ModSeq(0)),
        ),
        (b"UID SEARCH CHARSET UTF-8 ALL", Search(All(), uid=True, charset="UTF-8")),
    ],
)
def test_a_message_command_is_read(line: bytes, command: CommandBody) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        b"FETCH 1",
        b"FETCH 0 FLAGS",
        b"FETCH FLAGS",
        b"STORE 1",
        b"STORE 1 FLAG (a)",
        b"STORE 1 *FLAGS (a)",
        b"STORE 1 FLAGS",
        b"STORE 1 FLAGS ",
        rb"STORE 1 FLAGS (\Recent)",
        b"COPY 1",
        b"COPY a 1",
        b"EXPUNGE 1",
        b"UID EXPUNGE",
        b"UID  FETCH 1 FLAGS",
        b"FETCH 1 FLAGS ()",
        b"FETCH 1 FLAGS (FOO)",
        b"FETCH 1 FLAGS (VANISHED)",
        b"FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)",
        b"FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)",
        b"STORE 1 (UNCHANGEDSINCE 1)FLAGS (a)",
        b"STORE 1 () FLAGS (a)",
        b"SEARCH RETURN ALL",
        b"SEARCH RETURN (ALL)",
        b"SEARCH RETURN (FIRST) ALL",
        b"MOVE 1",
    ],
)
def test_a_message_command_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(line)
