"""Searches that go on (RFC 5267)."""

import pytest

from mssmail.imap.contexts import MAX_CONTEXTS
from tests.imap.support import Talk, World, build_message, sign_in


@pytest.fixture
async def talk(world: World) -> Talk:
    for subject in ("b", "d", "a", "c", "e"):
        world.deliver(build_message(subject))
    return await sign_in(world)


async def test_what_comes_to_match_and_what_ceases_to_is_told(talk: Talk) -> None:
    assert await talk.do("SEARCH RETURN (UPDATE COUNT) SEEN") == ['* ESEARCH (TAG "T") COUNT 0', "OK SEARCH completed"]
    assert (await talk.do("STORE 1,2,5 +FLAGS.SILENT (\\Seen)"))[0] == '* ESEARCH (TAG "T") ADDTO (0 1:2,5)'
    assert (await talk.do("STORE 1,2 -FLAGS.SILENT (\\Seen)"))[0] == '* ESEARCH (TAG "T") REMOVEFROM (0 1:2)'
    assert await talk.do("STORE 4 +FLAGS.SILENT (\\Flagged)") == ["OK STORE completed"]


async def test_what_leaves_the_mailbox_is_told_before_its_number_is_gone(talk: Talk) -> None:
    await talk.do("STORE 2,4 +FLAGS.SILENT (\\Deleted \\Seen)")
    await talk.do("SEARCH RETURN (UPDATE) SEEN")
    assert await talk.do("EXPUNGE") == [
        '* ESEARCH (TAG "T") REMOVEFROM (0 2,4)',
        "* 4 EXPUNGE",
        "* 2 EXPUNGE",
        "OK EXPUNGE completed",
    ]


async def test_new_messages_are_told_after_their_exists_also_while_idle(world: World, talk: Talk) -> None:
    await talk.do("UID SEARCH RETURN (UPDATE ALL) SUBJECT urgent")
    await talk.do("IDLE")
    world.deliver(build_message("not this"))
    world.deliver(build_message("urgent"))
    assert await talk.hear() == ["* 7 EXISTS", "* 7 RECENT", '* ESEARCH (TAG "T") UID ADDTO (0 7)']


async def test_sorted_results_keep_their_places(world: World, talk: Talk) -> None:
    assert (await talk.do("SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 NOT DELETED"))[0] == (
        '* ESEARCH (TAG "T") ALL 3,1,4,2,5'
    )
    world.deliver(build_message("bb"))
    assert (await talk.do("NOOP"))[-2] == '* ESEARCH (TAG "T") ADDTO (3 6)'
    assert (await talk.do("STORE 1,2 +FLAGS.SILENT (\\Deleted)"))[0] == '* ESEARCH (TAG "T") REMOVEFROM (5 2 2 1)'
    await talk.do("EXPUNGE")
    world.deliver(build_message("aa"))
    assert (await talk.do("NOOP"))[-2] == '* ESEARCH (TAG "T") ADDTO (2 5)'


async def test_what_went_unheard_keeps_its_place_until_it_is_told(world: World, talk: Talk) -> None:
    await talk.do("SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 ALL")  # 3, 1, 4, 2, 5
    other = await sign_in(world)
    await other.do("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    await other.do("EXPUNGE")
    world.deliver(build_message("bb"))
    assert '* ESEARCH (TAG "T") ADDTO (3 6)' in await talk.do("FETCH 5 UID")
    assert (await talk.do("NOOP"))[:3] == ['* ESEARCH (TAG "T") REMOVEFROM (2 1 1 3)', "* 3 EXPUNGE", "* 1 EXPUNGE"]


async def test_a_cancelled_search_is_silent(talk: Talk) -> None:
    await talk.do("SEARCH RETURN (UPDATE) SEEN")
    assert await talk.do('CANCELUPDATE "T" "other"') == ["OK CANCELUPDATE completed"]
    assert await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]
    assert (await talk.do("CANCELUPDATE T"))[0].startswith("BAD")


async def test_it_ends_with_the_mailbox(talk: Talk) -> None:
    await talk.do("SEARCH RETURN (UPDATE) SEEN")
    await talk.do("SELECT INBOX")
    assert await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)") == ["OK STORE completed"]


async def test_too_many_are_answered_once_and_not_gone_on_with(talk: Talk) -> None:
    for number in range(MAX_CONTEXTS + 1):
        answer = await talk.say(f"t{number} SEARCH RETURN (UPDATE COUNT) SEEN\r\n".encode())
    assert answer == (
        b'* NO [NOUPDATE "t16"] Too many searches that go on\r\n'
        b'* ESEARCH (TAG "t16") COUNT 0\r\nt16 OK SEARCH completed\r\n'
    )
    assert len([line for line in await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)") if "ADDTO" in line]) == MAX_CONTEXTS


async def test_a_tag_that_is_in_use_is_not_used_anew(talk: Talk) -> None:
    """RFC 5267 §4.3."""
    await talk.do("SEARCH RETURN (UPDATE) SEEN")
    for command in ("UID SEARCH RETURN (UPDATE COUNT) ALL", "SORT RETURN (UPDATE) (SUBJECT) UTF-8 ALL"):
        assert (await talk.do(command))[-1].startswith("BAD")
    assert (await talk.do("SEARCH RETURN (COUNT) ALL"))[-1].startswith("OK")
    assert (await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)"))[0] == '* ESEARCH (TAG "T") ADDTO (0 1)'
    await talk.do('CANCELUPDATE "T"')
    assert (await talk.do("UID SEARCH RETURN (UPDATE COUNT) ALL"))[-1].startswith("OK")
