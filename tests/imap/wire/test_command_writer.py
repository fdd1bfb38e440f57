"""Commands as a client writes them; that they parse back to themselves is a property of its own."""

from datetime import UTC, datetime

import pytest

from mssmail.core.mailbox import STAR, ModSeq, Saved, SeqSet, StoreAction, UIDSet, UIDValidity
from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.core.search import All, InSeqs
from mssmail.imap.wire.command_writer import encode_command
from mssmail.imap.wire.commands import (
    Append,
    AppendMessage,
    Authenticate,
    CancelUpdate,
    Command,
    CommandBody,
    Copy,
    Create,
    Delete,
    DeleteAcl,
    Enable,
    Expunge,
    Fetch,
    FetchItem,
    FetchSection,
    GetAcl,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    Known,
    List,
    ListRights,
    Login,
    Move,
    MyRights,
    Notify,
    Rename,
    Replace,
    Search,
    Section,
    Select,
    SetAcl,
    Sort,
    Status,
    Store,
    Subscribe,
    Thread,
    Unparsable,
)

ONE, FIVE = SeqSet(((1, 1),)), UIDSet(((5, 5),))
NOON = datetime(1994, 2, 7, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (Idle(), b"IDLE"),
        (Expunge(), b"EXPUNGE"),
        (Expunge(FIVE), b"UID EXPUNGE 5"),
        (Authenticate("PLAIN"), b"AUTHENTICATE PLAIN"),
        (Authenticate("PLAIN", b""), b"AUTHENTICATE PLAIN ="),
        (Authenticate("PLAIN", b"\0a\0b"), b"AUTHENTICATE PLAIN AGEAYg=="),
        (Login("a", "é"), b'LOGIN "a" {2+}\r\n\xc3\xa9'),
        (Id(()), b"ID NIL"),
        (Id((("name", "x"), ("os", ""))), b'ID ("name" "x" "os" "")'),
        (Enable(("A", "B")), b"ENABLE A B"),
        (Select("INBOX"), b'SELECT "INBOX"'),
        (Select("é", read_only=True), b'EXAMINE "&AOk-"'),
        (Create("a"), b'CREATE "a"'),
        (Create("a", r"\Sent"), rb'CREATE "a" (USE (\Sent))'),
        (Delete("a"), b'DELETE "a"'),
        (Rename("a", "b"), b'RENAME "a" "b"'),
        (Subscribe("a"), b'SUBSCRIBE "a"'),
        (Subscribe("a", subscribed=False), b'UNSUBSCRIBE "a"'),
        (Status("a", ("MESSAGES", "UNSEEN")), b'STATUS "a" (MESSAGES UNSEEN)'),
        (List("LSUB", "", ("*",)), b'LSUB "" "*"'),
        (List("LIST", "", ("*",), is_extended=True), b'LIST () "" "*"'),
        (
            List("LIST", "", ("a", "%"), ("SUBSCRIBED",), ("CHILDREN", "STATUS"), ("SIZE",), is_extended=True),
            b'LIST (SUBSCRIBED) "" ("a" "%") RETURN (CHILDREN STATUS (SIZE))',
        ),
        (
            Append("a", (AppendMessage(frozenset({"b"}), NOON, b"c"), AppendMessage(frozenset(), None, b"\0"))),
            b'APPEND "a" (b) "07-Feb-1994 12:00:00 +0000" {1+}\r\nc () ~{1+}\r\n\0',
        ),
        (Search(All()), b"SEARCH ALL"),
        (Search(All(), uid=True, charset="UTF-8"), b"UID SEARCH CHARSET UTF-8 ALL"),
        (Search(InSeqs(Saved(uid=False)), returns=("MIN", "SAVE")), b"SEARCH RETURN (MIN SAVE) $"),
        (
            Sort((Criterion(SortKey.SIZE, is_reverse=True), Criterion(SortKey.CC)), All()),
            b"SORT (REVERSE SIZE CC) UTF-8 ALL",
        ),
        (Sort((Criterion(SortKey.DATE),), All(), True, "US-ASCII"), b"UID SORT (DATE) US-ASCII ALL"),
        (Thread(ThreadAlgorithm.REFERENCES, All()), b"THREAD REFERENCES UTF-8 ALL"),
        (Thread(ThreadAlgorithm.ORDEREDSUBJECT, All(), uid=True), b"UID THREAD ORDEREDSUBJECT UTF-8 ALL"),
        (Select("a", False, True, Known(UIDValidity(7), ModSeq(9))), b'SELECT "a" (CONDSTORE QRESYNC (7 9))'),
        (Select("a", known=Known(UIDValidity(7), ModSeq(9), FIVE)), b'SELECT "a" (QRESYNC (7 9 5))'),
        (Move(Saved(uid=True), "a"), b'UID MOVE $ "a"'),
        (
            Fetch(FIVE, (FetchItem("UID"),), ModSeq(9), vanished=True),
            b"UID FETCH 5 (UID) (CHANGEDSINCE 9 VANISHED)",
        ),
        (
            Store(ONE, StoreAction.ADD, frozenset({"b"}), unchanged_since=ModSeq(0)),
            b"STORE 1 (UNCHANGEDSINCE 0) +FLAGS (b)",
        ),
        (
            Fetch(
                ONE,
                (
                    FetchItem("FLAGS"),
                    FetchItem("PREVIEW", is_lazy=True),
                    FetchSection(Section((1,)), partial=(0, 9)),
                    FetchSection(Section(text="TEXT"), peek=True),
                    FetchSection(Section(), label="RFC822"),
                    FetchSection(Section((1, 2)), peek=True, partial=(3, 4), label="BINARY"),
                    FetchSection(Section((1,)), peek=True, label="BINARY.SIZE"),
                ),
            ),
            b"FETCH 1 (FLAGS PREVIEW (LAZY) BODY[1]<0.9> BODY.PEEK[TEXT] RFC822 BINARY.PEEK[1.2]<3.4> BINARY.SIZE[1])",
        ),
        (Fetch(FIVE, (FetchItem("UID"),)), b"UID FETCH 5 (UID)"),
        (Store(ONE, StoreAction.REPLACE, frozenset()), b"STORE 1 FLAGS ()"),
        (Store(FIVE, StoreAction.ADD, frozenset({"a"}), silent=True), b"UID STORE 5 +FLAGS.SILENT (a)"),
        (Copy(ONE, "a"), b'COPY 1 "a"'),
        (
            Replace(STAR, True, "a", AppendMessage(frozenset(), None, b"x")),
            b'UID REPLACE * "a" () {1+}\r\nx',
        ),
        (GetQuota(""), b'GETQUOTA ""'),
        (SetAcl("a", "b@a.test", "+", "lr"), b'SETACL "a" "b@a.test" "+lr"'),
        (DeleteAcl("a", "b"), b'DELETEACL "a" "b"'),
        (GetAcl("a"), b'GETACL "a"'),
        (CancelUpdate(("a", "b")), b'CANCELUPDATE "a" "b"'),
        (ListRights("a", "b"), b'LISTRIGHTS "a" "b"'),
        (MyRights("a"), b'MYRIGHTS "a"'),
        (GetQuotaRoot("a"), b'GETQUOTAROOT "a"'),
        (Copy(FIVE, "a"), b'UID COPY 5 "a"'),
        (Notify(), b"NOTIFY NONE"),
        (Search(All(), returns=("UPDATE", "COUNT")), b"SEARCH RETURN (UPDATE COUNT) ALL"),
        (
            Search(All(), returns=("UPDATE",), updates=(FetchItem("UID"), FetchItem("FLAGS"))),
            b"SEARCH RETURN (UPDATE (UID FLAGS)) ALL",
        ),
    ],
)
def test_a_command_is_this_text(body: CommandBody, text: bytes) -> None:
    assert encode_command(Command("A1", body)) == b"A1 " + text + b"\r\n"


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert encode_command(Command("A1", Select("é")), utf8=True) == b"A1 SELECT {2+}\r\n\xc3\xa9\r\n"


def test_what_could_not_be_parsed_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        encode_command(Command("A1", Unparsable("x")))
