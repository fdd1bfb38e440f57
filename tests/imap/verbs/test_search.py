"""SEARCH: what the view knows, and the numbers it answers in."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from mssmail.core.mailbox import STAR, UID, Changes, MessageMeta, ModSeq, Saved, SeqSet, UIDSet
from mssmail.core.search import All, And, HasFlag, InSeqs, InUids, Not, Or, SearchKey, UidRanges
from mssmail.imap import session as session_module
from mssmail.imap.session import Terms
from mssmail.imap.verbs.search import localise
from mssmail.imap.view import View
from tests.imap.support import Talk, World, build_message, sign_in


def _view() -> View:
    metas = (MessageMeta(UID(uid), ModSeq(1), frozenset(), uid, recent=uid > 5) for uid in (2, 4, 6, 8))
    view = View(1, Changes(tuple(metas), (), (), ModSeq(1)), read_only=False)
    view.saved = (UID(3), UID(4), UID(6))
    return view


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
        (InSeqs(Saved(uid=False)), UidRanges(((3, 4), (6, 6)))),
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


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("SEARCH RETURN () ALL", 'ESEARCH (TAG "T") ALL 1:2'),
        ("UID SEARCH RETURN (MIN MAX COUNT) ALL", 'ESEARCH (TAG "T") UID MIN 2 MAX 3 COUNT 2'),
        ("SEARCH RETURN (MIN) FLAGGED", 'ESEARCH (TAG "T")'),
        ("SEARCH RETURN (COUNT SAVE) ALL", 'ESEARCH (TAG "T") COUNT 2'),
        ("SEARCH RETURN (ALL) MODSEQ 1", 'ESEARCH (TAG "T") ALL 1:2 MODSEQ 7'),
        ("SEARCH RETURN (MIN) MODSEQ 1", 'ESEARCH (TAG "T") MIN 1 MODSEQ 3'),
        ("SEARCH RETURN (MAX COUNT) MODSEQ 1", 'ESEARCH (TAG "T") MAX 2 COUNT 2 MODSEQ 7'),
        ("SEARCH MODSEQ 5", "SEARCH 2 (MODSEQ 7)"),
        ("SEARCH MODSEQ 8", "SEARCH"),
        ("SEARCH OLDER 1", "SEARCH 1 2"),
        ("SEARCH YOUNGER 4294967295", "SEARCH 1 2"),
        ("SEARCH EMAILID E3", "SEARCH 2"),
        ("SEARCH EMAILID x", "SEARCH"),
        ("SEARCH THREADID x", "SEARCH"),
    ],
)
async def test_tells_what_was_asked_for(talk: Talk, command: str, told: str) -> None:
    assert (await talk.do(command))[-2:] == ["* " + told, "OK SEARCH completed"]


@pytest.mark.parametrize(
    ("options", "saved"), [("SAVE", "2:3"), ("SAVE MIN", "2"), ("SAVE MAX", "3"), ("SAVE MIN MAX COUNT", "2:3")]
)
async def test_what_is_saved_is_what_the_dollar_means(talk: Talk, options: str, saved: str) -> None:
    await talk.do(f"SEARCH RETURN ({options}) ALL")
    assert (await talk.do("UID SEARCH RETURN (ALL) $"))[0] == f'* ESEARCH (TAG "T") UID ALL {saved}'
    assert (await talk.do("UID SEARCH UID $"))[0].split()[2:] == (["2", "3"] if ":" in saved else [saved])


async def test_a_search_that_could_not_be_done_saves_nothing(talk: Talk) -> None:
    await talk.do("SEARCH RETURN (SAVE) ALL")
    many = " ".join(["OR ALL ALL"] * 300)
    assert (await talk.do(f"SEARCH RETURN (SAVE) {many}"))[-1].startswith("NO")
    assert await talk.do("FETCH $ FLAGS") == ["OK FETCH completed"]


async def test_another_mailbox_knows_nothing_of_what_was_saved(talk: Talk) -> None:
    await talk.do("SEARCH RETURN (SAVE) ALL")
    await talk.do("SELECT INBOX")
    assert await talk.do("UID FETCH $ FLAGS") == ["OK FETCH completed"]


async def test_days_are_those_of_the_time_zone_in_which_dates_are_told(world: World) -> None:
    talk = Talk(world, terms=Terms(zone=ZoneInfo("Europe/Helsinki")))
    talk.session.account = world.anne
    moments = (
        "24-Mar-2007 21:59:59 +0000",
        "24-Mar-2007 22:00:00 +0000",
        "25-Mar-2007 20:59:59 +0000",
    )  # a day of 23 h
    for moment in (*moments, "26-Mar-2007 00:00:00 +0300"):
        await talk.do(f'APPEND INBOX "{moment}" {{8+}}\r\nA: b\r\n\r\n')
    await talk.do("SELECT INBOX")
    assert (await talk.do("FETCH 1:2 INTERNALDATE"))[:2] == [
        '* 1 FETCH (INTERNALDATE "24-Mar-2007 23:59:59 +0200")',
        '* 2 FETCH (INTERNALDATE "25-Mar-2007 00:00:00 +0200")',
    ]
    assert (await talk.do("SEARCH BEFORE 25-Mar-2007"))[0] == "* SEARCH 1"
    assert (await talk.do("SEARCH ON 25-Mar-2007"))[0] == "* SEARCH 2 3"
    assert (await talk.do("SEARCH SINCE 26-Mar-2007"))[0] == "* SEARCH 4"


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Europe/Paris"), ZoneInfo("America/Cayenne")])
async def test_the_ends_of_the_calendar_are_days_too(world: World, zone: tzinfo) -> None:
    world.deliver()
    talk = Talk(world, terms=Terms(zone=zone))
    talk.session.account = world.anne
    await talk.do("SELECT INBOX")
    assert (await talk.do("SEARCH ON 1-Jan-0001"))[0] == "* SEARCH"
    assert (await talk.do("SEARCH SINCE 1-Jan-0001 BEFORE 31-Dec-9999"))[0] == "* SEARCH 1"
    assert (await talk.do("SEARCH ON 31-Dec-9999"))[0] == "* SEARCH"


async def test_a_search_in_a_strange_charset_forgets_what_was_saved(world: World) -> None:
    """RFC 5182 §2.1: NO with SAVE empties ``$``, BAD and any search without SAVE leave it."""
    world.deliver()
    talk = await sign_in(world)
    await talk.do("SEARCH RETURN (SAVE) ALL")
    assert (await talk.do("SEARCH CHARSET KOI8-R ALL"))[-1].startswith("NO [BADCHARSET")
    assert (await talk.do("SEARCH RETURN (SAVE) NONSENSE"))[-1].startswith("BAD")
    assert (await talk.do("FETCH $ UID"))[0] == "* 1 FETCH (UID 1)"
    for command in ("SEARCH RETURN (SAVE) CHARSET KOI8-R ALL", "SORT RETURN (SAVE) (DATE) KOI8-R ALL"):
        await talk.do("SEARCH RETURN (SAVE) ALL")
        assert (await talk.do(command))[-1].startswith("NO [BADCHARSET")
        assert await talk.do("FETCH $ UID") == ["OK FETCH completed"]


@pytest.mark.parametrize(
    "command",
    ["SEARCH ALL", "UID SEARCH ALL", "SEARCH RETURN (ALL SAVE) ALL", "SORT (SUBJECT) UTF-8 ALL", "SELECT INBOX"],
)
async def test_long_answers_are_worked_out_where_nobody_waits_and_are_the_same(
    talk: Talk, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command.startswith("SELECT"):
        await talk.do("EXAMINE INBOX")  # the first to see them has other things to hear
    short, talk.wire.aside_works = await talk.do(command), 0
    monkeypatch.setattr(session_module, "PORTION", 1)
    again = await talk.do(command)
    assert talk.wire.aside_works > 0
    assert [line.partition("TAG")[0] for line in again] == [line.partition("TAG")[0] for line in short]
