"""SEARCH: what the view knows, and the numbers it answers in."""

import pytest

from mssmail.core.mailbox import STAR, UID, Changes, MessageMeta, ModSeq, SeqSet, UIDSet
from mssmail.core.search import All, And, HasFlag, InSeqs, InUids, Not, Or, SearchKey, UidRanges
from mssmail.imap.verbs.search import localise
from mssmail.imap.view import View
from tests.imap.support import Talk, World, build_message, sign_in


def _view() -> View:
    metas = (MessageMeta(UID(uid), ModSeq(1), frozenset(), uid, recent=uid > 5) for uid in (2, 4, 6, 8))
    return View(1, Changes(tuple(metas), (), (), ModSeq(1)), read_only=False)


_RECENT = UidRanges(((6, 6), (8, 8)))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (All(), All()),
        (InSeqs(SeqSet(((2, 3),))), UidRanges(((4, 6),))),
        (InSeqs(SeqSet(((9, 9),))), UidRanges(())),
        (InUids(UIDSet(((STAR, STAR),))), UidRanges(((8, 8),))),
        (InUids(UIDSet(((1, 3), (7, STAR)))), UidRanges(((1, 3), (7, 8)))),
        (HasFlag("\\RECENT"), _RECENT),
        (HasFlag("\\Seen"), HasFlag("\\Seen")),
        (Not(HasFlag("\\Recent")), Not(_RECENT)),
        (Or(All(), HasFlag("\\Recent")), Or(All(), _RECENT)),
        (And((All(), HasFlag("\\Recent"))), And((All(), _RECENT))),
    ],
)
def test_what_only_the_session_knows_becomes_uids(key: SearchKey, expected: SearchKey) -> None:
    assert localise(key, _view()) == expected


@pytest.fixture
async def talk(world: World) -> Talk:
    for subject in ("red", "green", "blue"):
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    await talk.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.do("EXPUNGE")
    await talk.do("STORE 2 +FLAGS.SILENT (\\Seen)")
    return talk


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("SEARCH ALL", "* SEARCH 1 2"),
        ("UID SEARCH ALL", "* SEARCH 2 3"),
        ("UID SEARCH UID *:*", "* SEARCH 3"),
        ("UID SEARCH *:*", "* SEARCH 3"),
        ("SEARCH 1:9", "* SEARCH 1 2"),
        ("SEARCH 9", "* SEARCH"),
        ("SEARCH SUBJECT GREEN", "* SEARCH 1"),
        ("SEARCH UNSEEN", "* SEARCH 1"),
        ("SEARCH NOT SEEN RECENT", "* SEARCH 1"),
        ("SEARCH NEW", "* SEARCH 1"),
        ("SEARCH OLD", "* SEARCH"),
        ("SEARCH OR SUBJECT blue SUBJECT green", "* SEARCH 1 2"),
        ("SEARCH CHARSET UTF-8 BODY body", "* SEARCH 1 2"),
    ],
)
async def test_finds(talk: Talk, command: str, found: str) -> None:
    assert await talk.do(command) == [found, "OK SEARCH completed"]


async def test_a_charset_we_do_not_read_is_told(talk: Talk) -> None:
    answer = await talk.do("SEARCH CHARSET KOI8-R ALL")
    assert answer == ["NO [BADCHARSET (US-ASCII UTF-8)] Search in one of these"]


async def test_messages_the_client_has_not_heard_of_are_not_found(world: World, talk: Talk) -> None:
    world.deliver()
    assert await talk.do("SEARCH ALL") == ["* SEARCH 1 2", "* 3 EXISTS", "* 3 RECENT", "OK SEARCH completed"]
    world.deliver()
    assert await talk.do("UID SEARCH UID 4:*") == [
        "* 4 EXISTS",
        "* 4 RECENT",
        "* SEARCH 4 5",
        "OK SEARCH completed",
    ]


async def test_expunges_wait_while_numbers_are_counted(world: World, talk: Talk) -> None:
    other = await sign_in(world)
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    assert await talk.do("SEARCH ALL") == ["* SEARCH 2", "OK SEARCH completed"]
    assert await talk.do("UID SEARCH ALL") == ["* SEARCH 3", "* 1 EXPUNGE", "OK SEARCH completed"]
