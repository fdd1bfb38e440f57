"""NOTIFY's grammar (RFC 5465 §8), and what goes together (§5, §6.1)."""

import pytest

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import FetchItem, FetchSection, Notify, Section
from mssmail.imap.wire.notify_values import EventGroup, Happening, Scope
from tests.imap.wire.support import read_command

NEW, GONE, FLAGS = Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE, Happening.FLAG_CHANGE
BOTH = frozenset({NEW, GONE})
ALL_EVENTS = b"(MessageNew MessageExpunge FlagChange)"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (b"NOTIFY NONE", Notify()),
        (b"notify none", Notify()),
        (b"NOTIFY SET (SELECTED NONE)", Notify((EventGroup(Scope.SELECTED),))),
        (b"NOTIFY SET STATUS (personal none)", Notify((EventGroup(Scope.PERSONAL),), status=True)),
        (
            b"Notify Set Status (Selected-Delayed (messagenew MESSAGEEXPUNGE flagchange)) (inboxes (MailboxName))",
            Notify(
                (
                    EventGroup(Scope.SELECTED_DELAYED, BOTH | {FLAGS}),
                    EventGroup(Scope.INBOXES, frozenset({Happening.MAILBOX_NAME})),
                ),
                status=True,
            ),
        ),
        (
            b"NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From To)]) MessageExpunge))",
            Notify(
                (
                    EventGroup(
                        Scope.SELECTED,
                        BOTH,
                        items=(
                            FetchItem("UID"),
                            FetchSection(Section(text="HEADER.FIELDS", fields=("From", "To")), peek=True),
                        ),
                    ),
                )
            ),
        ),
        (
            b"NOTIFY SET (MAILBOXES inbox (SubscriptionChange)) "
            b"(SUBTREE (a &AOk- a {3+}\r\nb c) (X-Later MailboxName))",
            Notify(
                (
                    EventGroup(Scope.MAILBOXES, frozenset({Happening.SUBSCRIPTION_CHANGE}), ("INBOX",)),
                    EventGroup(
                        Scope.SUBTREE, frozenset({Happening.MAILBOX_NAME}), ("a", "é", "b c"), unknown=("X-Later",)
                    ),
                )
            ),
        ),
        (
            b"NOTIFY SET (SUBSCRIBED (ServerMetadataChange MailboxMetadataChange)) (MAILBOXES NONE NONE)",
            Notify(
                (
                    EventGroup(
                        Scope.SUBSCRIBED,
                        frozenset({Happening.SERVER_METADATA_CHANGE, Happening.MAILBOX_METADATA_CHANGE}),
                    ),
                    EventGroup(Scope.MAILBOXES, mailboxes=("NONE",)),
                )
            ),
        ),
        (b"NOTIFY SET (SELECTED (NONE))", Notify((EventGroup(Scope.SELECTED, unknown=("NONE",)),))),
    ],
)
def test_a_command_is_read(text: bytes, command: Notify) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    "rest",
    [
        b"", b"SET", b"SET ", b"NONE ", b"NONE (SELECTED NONE)", b"ALL", b"SET NONE", b"SET STATUS", b"SET ()",
        b"SET STATUS ",
        b"SET (SELECTED)", b"SET (SELECTED )", b"SET (SELECTED ())", b"SET (SELECTED NONE", b"SET SELECTED NONE",
        b"SET (SELECTED NONE)(PERSONAL NONE)", b"SET (SELECTED NONE)  (PERSONAL NONE)", b"SET (SELECTED NONE) ",
        b"SET (EVERYTHING NONE)", b"SET (MAILBOXES NONE)", b"SET (SUBTREE (MailboxName))", b"SET (MAILBOXES () NONE)",
        b"SET (PERSONAL INBOX NONE)", b"SET (PERSONAL MailboxName)", b"SET(PERSONAL NONE)",
        b"SET (PERSONAL (MailboxName MailboxName )", b"SET (PERSONAL (MailboxName  SubscriptionChange))",
        # RFC 5465 §5: these go together
        b"SET (PERSONAL (MessageNew))", b"SET (PERSONAL (MessageExpunge))", b"SET (PERSONAL (FlagChange))",
        b"SET (PERSONAL (AnnotationChange))", b"SET (PERSONAL (MessageNew FlagChange))",
        b"SET (SELECTED (MessageExpunge FlagChange))",
        # §6.1: of the selected mailbox only messages, and only once
        b"SET (SELECTED (MailboxName))", b"SET (SELECTED (MessageNew MessageExpunge SubscriptionChange))",
        b"SET (SELECTED NONE) (SELECTED-DELAYED NONE)", b"SET (SELECTED NONE) (SELECTED NONE)",
        # §8: what to fetch goes with the selected mailbox
        b"SET (PERSONAL (MessageNew (UID) MessageExpunge))", b"SET (SELECTED (MessageNew () MessageExpunge))",
        b"SET (SELECTED (MessageNew (ALL) MessageExpunge))", b"SET (SELECTED (MessageNew UID MessageExpunge)",
        b"SET (SELECTED (MessageNew MessageExpunge (UID)))", b"SET (SELECTED (MessageNew(UID) MessageExpunge))",
    ],
)  # fmt: skip
def test_what_is_not_to_the_letter_is_refused(rest: bytes) -> None:
    with pytest.raises(BadSyntax):
        read_command(b"NOTIFY " + rest)


def test_every_cut_of_a_command_is_our_fault_or_a_command() -> None:
    text = b"SET STATUS (SELECTED (MessageNew (UID) MessageExpunge)) (SUBTREE (a b) " + ALL_EVENTS + b")"
    wholes = {text.index(b" (SUBTREE"), len(text)}
    for end in range(len(text) + 1):
        if end in wholes:
            assert isinstance(read_command(b"NOTIFY " + text[:end]), Notify)
            continue
        with pytest.raises(BadSyntax):
            read_command(b"NOTIFY " + text[:end])
