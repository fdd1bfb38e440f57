"""NOTIFY with METADATA (RFC 5465 §5.6 and §5.7): what others note beside mailboxes is told by the entry's name."""

import pytest

from mssmail.core.account import Account
from mssmail.flows import herald
from mssmail.store.delegations import grant, revoke
from tests.imap.support import NOW, Talk, World, sign_in
from tests.support.store import add_account

BOX = '"Other Users/cardio@a.test"'


@pytest.fixture
def team(world: World) -> Account:
    account = add_account(world.store, "cardio@a.test")
    _grant(world, account, "lrsw")
    return account


def _grant(world: World, team: Account, rights: str) -> None:
    world.store.submit(lambda conn: grant(conn, team.address, world.anne.address, rights, NOW)).result()


async def _begin(world: World, groups: str, select: str = "") -> Talk:
    talk = await sign_in(world, select)
    assert await talk.do(f"NOTIFY SET {groups}") == ["OK NOTIFY completed"]
    return talk


async def _sign_in_as(world: World, account: Account) -> Talk:
    talk = await sign_in(world, select="")
    talk.session.account = account
    return talk


async def test_entries_that_others_change_are_told_by_name(world: World) -> None:
    talk = await _begin(world, "(PERSONAL (MailboxMetadataChange))", "INBOX")
    other = await sign_in(world, select="")
    await other.do('SETMETADATA INBOX (/shared/comment "1" /private/a "2")')
    await other.do('SETMETADATA Drafts (/shared/b "3")')
    assert sorted(await talk.hear()) == [
        "* METADATA Drafts /shared/b",
        "* METADATA INBOX /private/a /shared/comment",
    ]
    await other.do("SETMETADATA INBOX (/shared/comment NIL)")
    assert await talk.do("NOOP") == ["* METADATA INBOX /shared/comment", "OK NOOP completed"]
    await other.do('SETMETADATA "" (/private/a "not asked for")')
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_what_the_client_changes_itself_is_no_news(world: World) -> None:
    talk = await _begin(world, "(PERSONAL (MailboxMetadataChange ServerMetadataChange))")
    await talk.do('SETMETADATA INBOX (/shared/comment "1")')
    await talk.do('SETMETADATA "" (/private/comment "1")')
    assert await talk.do("NOOP") == ["OK NOOP completed"]


async def test_private_entries_of_the_server_are_told_to_the_same_account(world: World, team: Account) -> None:
    talk = await _begin(world, "(INBOXES (ServerMetadataChange))")
    await (await _sign_in_as(world, team)).do('SETMETADATA "" (/private/comment "theirs")')
    assert await talk.hear() == []
    await (await sign_in(world, select="")).do('SETMETADATA "" (/private/comment "hers")')
    assert await talk.hear() == ['* METADATA "" /private/comment']


async def test_of_shared_boxes_only_what_may_be_seen_is_told(world: World, team: Account) -> None:
    talk = await _begin(world, f"(SUBTREE {BOX} (MailboxMetadataChange))")
    owner = await _sign_in_as(world, team)
    await owner.do('SETMETADATA INBOX (/private/secret "theirs" /shared/plan "ours")')
    await owner.do('SETMETADATA Sent (/private/secret "theirs")')
    assert await talk.hear() == [f"* METADATA {BOX} /shared/plan"]
    world.store.submit(lambda conn: revoke(conn, team.address, world.anne.address)).result()
    await owner.do('SETMETADATA INBOX (/shared/plan "not for her")')
    assert [line for line in await talk.hear() if "METADATA" in line] == []


async def test_a_refused_change_is_no_news(world: World) -> None:
    talk = await _begin(world, "(PERSONAL (MailboxMetadataChange))")
    other = await sign_in(world, select="")
    await other.do('SETMETADATA INBOX (/shared/a "1" /private/specialuse "\\\\Junk")')
    assert await talk.hear() == []


async def test_more_than_is_remembered_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald, "MAX_ENTRIES", 3)
    talk = await _begin(world, "(PERSONAL (MailboxMetadataChange))")
    other = await sign_in(world, select="")
    for number in range(4):
        await other.do(f'SETMETADATA INBOX (/shared/{number} "1")')
    assert (await talk.hear())[0].startswith("* OK [NOTIFICATIONOVERFLOW]")
    await other.do('SETMETADATA INBOX (/shared/x "1")')
    assert await talk.do("NOOP") == ["OK NOOP completed"]
