"""What STATUS says of a mailbox that is not selected."""

from dataclasses import replace

import pytest

from mssmail.core.mailbox import UID, MailboxInfo, ModSeq, UIDValidity
from mssmail.imap.standings import Own, Standing, build_standing, build_status, find_news, list_first_items
from mssmail.imap.wire.notify_values import Happening
from mssmail.imap.wire.responses import MailboxStatus

MESSAGES = frozenset({Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE})
FLAGS = MESSAGES | {Happening.FLAG_CHANGE}
INFO = MailboxInfo(3, "a", UIDValidity(7), UID(10), ModSeq(20), messages=5, unseen=2)
BEFORE = build_standing(INFO)


def _change(uids: int = 0, messages: int = 0, unseen: int = 0, changes: int = 1) -> MailboxInfo:
    return replace(
        INFO,
        uid_next=UID(INFO.uid_next + uids),
        messages=INFO.messages + messages,
        unseen=INFO.unseen + unseen,
        highest_modseq=ModSeq(INFO.highest_modseq + changes),
    )


@pytest.mark.parametrize(
    ("now", "events", "own", "has_modseq", "items"),
    [
        (INFO, FLAGS, Own(), True, ""),
        (_change(uids=1, messages=1), MESSAGES, Own(), False, "UIDNEXT MESSAGES"),
        (_change(uids=1, messages=1), MESSAGES, Own(), True, "UIDNEXT MESSAGES HIGHESTMODSEQ"),
        (_change(uids=1, messages=1, unseen=1), FLAGS, Own(), True, "UIDNEXT MESSAGES UNSEEN HIGHESTMODSEQ"),
        (_change(messages=-1), MESSAGES, Own(), False, "UIDNEXT MESSAGES"),
        (_change(uids=1), MESSAGES, Own(), False, "UIDNEXT MESSAGES"),  # one came, one went
        (_change(unseen=-1), MESSAGES, Own(), True, ""),  # nobody asked for flags
        (_change(unseen=-1), FLAGS, Own(), False, "UNSEEN"),
        (_change(), FLAGS, Own(), False, ""),  # RFC 5465 §5.1: without CONDSTORE there is nothing to say of it
        (_change(), FLAGS, Own(), True, "UIDVALIDITY HIGHESTMODSEQ"),
        (_change(unseen=1), FLAGS, Own(), True, "UIDVALIDITY HIGHESTMODSEQ UNSEEN"),
        # what the client did itself
        (_change(uids=2, messages=2, unseen=2), FLAGS, Own(2, 1), True, ""),
        (_change(uids=3, messages=3, changes=2), MESSAGES, Own(2, 1), False, "UIDNEXT MESSAGES"),
        (_change(uids=2, messages=1, changes=2), MESSAGES, Own(2, 1), False, "UIDNEXT MESSAGES"),
        (_change(uids=2, messages=2, changes=2), FLAGS, Own(2, 1), True, "UIDVALIDITY HIGHESTMODSEQ"),
    ],
)
def test_what_happened_is_told_as_far_as_it_was_asked_for(
    now: MailboxInfo, events: frozenset[Happening], own: Own, has_modseq: bool, items: str
) -> None:
    assert find_news(BEFORE, now, events, own, has_modseq=has_modseq) == tuple(items.split())


def test_of_a_mailbox_just_left_only_the_modseq_is_known() -> None:
    left = Standing(UIDValidity(7), UID(0), 5, 0, ModSeq(20))
    assert find_news(left, INFO, MESSAGES, Own(), has_modseq=False) == ()
    assert find_news(left, _change(), MESSAGES, Own(), has_modseq=False) == ("UIDNEXT", "MESSAGES")
    assert find_news(left, _change(messages=-3), MESSAGES, Own(changes=1), has_modseq=False) == ()


@pytest.mark.parametrize(
    ("events", "has_modseq", "items"),
    [
        (MESSAGES, False, "MESSAGES UIDNEXT UIDVALIDITY"),
        (MESSAGES, True, "MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ"),
        (FLAGS, False, "MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ"),
    ],
)
def test_the_first_status_has_all_that_the_standard_wants(
    events: frozenset[Happening], has_modseq: bool, items: str
) -> None:
    assert list_first_items(events, has_modseq=has_modseq) == tuple(items.split())


def test_a_status_gives_the_counts_in_this_order() -> None:
    assert build_status(INFO, ("UNSEEN", "UIDNEXT", "MESSAGES", "HIGHESTMODSEQ", "UIDVALIDITY")) == MailboxStatus(
        "a", (("UNSEEN", 2), ("UIDNEXT", 10), ("MESSAGES", 5), ("HIGHESTMODSEQ", 20), ("UIDVALIDITY", 7))
    )
