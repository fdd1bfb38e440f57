"""NOTIFY as a client writes it."""

import pytest

from mssmail.imap.wire.fetch_values import FetchItem, FetchSection, Section
from mssmail.imap.wire.notify_values import EventGroup, Happening, Notify, Scope
from mssmail.imap.wire.notify_writer import encode_fetch_item, encode_fetch_items, encode_notify
from tests.imap.wire.support import read_command

BOTH = frozenset({Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE})


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Notify(), b"NOTIFY NONE"),
        (Notify((EventGroup(Scope.INBOXES),)), b"NOTIFY SET (INBOXES NONE)"),
        (
            Notify((EventGroup(Scope.SELECTED, BOTH, items=(FetchItem("UID"),)),), status=True),
            b"NOTIFY SET STATUS (SELECTED (MessageExpunge MessageNew (UID)))",
        ),
        (
            Notify(
                (
                    EventGroup(Scope.SUBTREE, BOTH, ("a", "é")),
                    EventGroup(Scope.MAILBOXES, mailboxes=("b",), unknown=("X",)),
                )
            ),
            b'NOTIFY SET (SUBTREE ("a" "&AOk-") (MessageExpunge MessageNew)) (MAILBOXES "b" (X))',
        ),
    ],
)
def test_what_is_written_is_read_as_it_was(command: Notify, text: bytes) -> None:
    assert encode_notify(command, utf8=False) == text
    assert read_command(text) == command


def test_names_are_utf8_once_that_is_enabled() -> None:
    command = Notify((EventGroup(Scope.MAILBOXES, mailboxes=("é",)),))
    assert encode_notify(command, utf8=True) == b"NOTIFY SET (MAILBOXES {2+}\r\n\xc3\xa9 NONE)"


def test_items_are_written_as_they_are_asked_for() -> None:
    assert encode_fetch_items(()) == b""
    assert encode_fetch_items((FetchItem("UID"), FetchItem("FLAGS"))) == b" (UID FLAGS)"
    assert encode_fetch_item(FetchSection(Section(), label="RFC822")) == b"RFC822"
    assert encode_fetch_item(FetchSection(Section(text="TEXT"), peek=True, partial=(0, 9))) == b"BODY.PEEK[TEXT]<0.9>"
    assert encode_fetch_item(FetchSection(Section((1,)), peek=True, label="BINARY.SIZE")) == b"BINARY.SIZE[1]"
