"""GETMETADATA and SETMETADATA (RFC 5464) over the real store."""

from dataclasses import replace

import pytest

from mssmail.core.account import Account
from mssmail.core.annotation import MAX_ENTRIES, MAX_VALUE
from mssmail.store.delegations import grant, revoke
from tests.imap.support import NOW, Talk, World, sign_in
from tests.support.store import add_account

TEAM = '"Other Users/cardio@a.test"'


@pytest.fixture
def team(world: World) -> Account:
    return add_account(world.store, "cardio@a.test")


def _grant(world: World, team: Account, rights: str) -> None:
    world.store.submit(lambda conn: grant(conn, team.address, world.anne.address, rights, NOW)).result()


async def _sign_in_as(world: World, account: Account) -> Talk:
    talk = await sign_in(world, select="")
    talk.session.account = account
    return talk


async def test_notes_beside_a_mailbox_are_set_read_and_removed(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do('SETMETADATA inbox (/private/comment "mine" /shared/Comment "ours")') == [
        "OK SETMETADATA completed"
    ]
    assert await talk.do("GETMETADATA INBOX (/shared/comment /private/comment)") == [
        '* METADATA INBOX (/shared/Comment "ours" /private/comment "mine")',
        "OK GETMETADATA completed",
    ]
    await talk.do("SETMETADATA INBOX (/private/comment NIL)")
    assert (await talk.do("GETMETADATA INBOX /PRIVATE/comment"))[0] == "* METADATA INBOX (/PRIVATE/comment NIL)"


async def test_values_are_any_octets(world: World) -> None:
    talk = await sign_in(world, select="")
    assert (await talk.say(b"T SETMETADATA INBOX (/private/x ~{4+}\r\na\0\r\n)\r\n")).startswith(b"T OK")
    assert await talk.say(b"T GETMETADATA INBOX /private/x\r\n") == (
        b"* METADATA INBOX (/private/x ~{4}\r\na\0\r\n)\r\nT OK GETMETADATA completed\r\n"
    )
    assert (await talk.say(b"T SETMETADATA INBOX (/private/x {3}\r\n")).startswith(b"+ ")
    assert (await talk.say(b"\xc3\xa9\xff)\r\n")).startswith(b"T OK")
    assert b"{3}\r\n\xc3\xa9\xff)" in await talk.say(b"T GETMETADATA INBOX /private/x\r\n")


async def test_depth_says_how_far_below(world: World) -> None:
    talk = await sign_in(world, select="")
    await talk.do('SETMETADATA INBOX (/shared/a "1" /shared/a/b "2" /shared/a/b/c "3" /shared/ab "4")')
    expected = {
        "0": '* METADATA INBOX (/shared/a "1")',
        "1": '* METADATA INBOX (/shared/a "1" /shared/a/b "2")',
        "infinity": '* METADATA INBOX (/shared/a "1" /shared/a/b "2" /shared/a/b/c "3")',
    }
    for depth, line in expected.items():
        assert (await talk.do(f"GETMETADATA (DEPTH {depth}) INBOX /shared/a"))[0] == line
    assert await talk.do("GETMETADATA INBOX (DEPTH 1) (/shared/none)") == ["OK GETMETADATA completed"]
    assert "/shared/ab" in (await talk.do("GETMETADATA (DEPTH infinity) INBOX (/private /shared /shared/a)"))[0]


async def test_what_is_too_long_for_the_client_is_told_by_its_length(world: World) -> None:
    talk = await sign_in(world, select="")
    await talk.do(f'SETMETADATA INBOX (/shared/a "{"x" * 20}" /shared/b "{"y" * 30}" /shared/c "")')
    assert await talk.do("GETMETADATA (MAXSIZE 19) INBOX (/shared/a /shared/b /shared/c)") == [
        '* METADATA INBOX (/shared/c "")',
        "OK [METADATA LONGENTRIES 30] GETMETADATA completed",
    ]
    assert await talk.do("GETMETADATA INBOX (MAXSIZE 20) /shared/a") == [
        f'* METADATA INBOX (/shared/a "{"x" * 20}")',
        "OK GETMETADATA completed",
    ]


async def test_what_we_do_not_keep_is_refused_whole(world: World) -> None:
    talk = await sign_in(world, select="")
    long = b"T SETMETADATA INBOX (/shared/a NIL /shared/b {%d+}\r\n%b)\r\n" % (MAX_VALUE + 1, b"x" * (MAX_VALUE + 1))
    await talk.do('SETMETADATA INBOX (/shared/a "1")')
    assert (await talk.say(long)).startswith(b"T NO [METADATA MAXSIZE 65536] ")
    many = " ".join(f'/shared/n{number} ""' for number in range(MAX_ENTRIES))
    assert (await talk.do(f'SETMETADATA INBOX (/shared/a NIL {many} /shared/more NIL /shared/most "")'))[-1].startswith(
        "NO [METADATA TOOMANY] "
    )
    assert (await talk.do("GETMETADATA (DEPTH infinity) INBOX /shared"))[0] == '* METADATA INBOX (/shared/a "1")'


async def test_large_answers_come_in_several_responses(world: World) -> None:
    talk = await sign_in(world, select="")
    for number in range(3):
        value = b"%d" % number * MAX_VALUE
        await talk.say(b"T SETMETADATA INBOX (/shared/%d {%d+}\r\n%b)\r\n" % (number, len(value), value))
    answer = await talk.say(b"T GETMETADATA (DEPTH 1) INBOX /shared\r\n")
    assert answer.count(b"* METADATA INBOX (/shared/") == 3
    assert talk.wire.largest < 2 * MAX_VALUE


async def test_the_server_speaks_from_its_configuration(world: World) -> None:
    talk = await sign_in(world, select="")
    assert (await talk.do('GETMETADATA "" /shared/admin'))[0] == '* METADATA "" (/shared/admin NIL)'
    talk.session.terms = replace(talk.session.terms, admin_uri="mailto:help@a.test", comment="Maintenance à 22 h")
    assert (await talk.do('GETMETADATA "" /shared/admin'))[
        0
    ] == '* METADATA "" (/shared/admin mailto:help@a.test)'.replace("mailto:help@a.test", '"mailto:help@a.test"')
    assert "Maintenance à 22 h" in "".join(await talk.do('GETMETADATA "" (DEPTH infinity) /shared'))
    for entry in ("/shared/admin", "/shared/comment", "/shared/vendor/x/y"):
        assert (await talk.do(f'SETMETADATA "" ({entry} "x")'))[-1].startswith("NO [NOPERM]")
    await talk.do('SETMETADATA "" (/private/comment "my server")')
    assert (await talk.do('GETMETADATA "" /private/comment'))[0] == '* METADATA "" (/private/comment "my server")'


async def test_private_notes_are_seen_by_nobody_else(world: World, team: Account) -> None:
    _grant(world, team, "lrsw")
    anne, owner = await sign_in(world, select=""), await _sign_in_as(world, team)
    await anne.do(f'SETMETADATA {TEAM} (/private/comment "hers" /shared/comment "ours")')
    await owner.do('SETMETADATA INBOX (/private/comment "theirs")')
    assert (await owner.do("GETMETADATA (DEPTH infinity) INBOX (/private /shared)"))[0] == (
        '* METADATA INBOX (/private/comment "theirs" /shared/comment "ours")'
    )
    assert (await anne.do(f"GETMETADATA {TEAM.lower()} /private/comment"))[-1].startswith("NO [NONEXISTENT]")
    assert (await anne.do(f"GETMETADATA {TEAM} (/private/comment /shared/comment)"))[0] == (
        f'* METADATA {TEAM} (/private/comment "hers" /shared/comment "ours")'
    )


async def test_a_reader_notes_for_itself_only_and_strangers_learn_nothing(world: World, team: Account) -> None:
    talk = await sign_in(world, select="")
    for command in (f"GETMETADATA {TEAM} /shared/a", f'SETMETADATA {TEAM} (/private/a "1")'):
        assert (await talk.do(command))[-1] == "NO [NONEXISTENT] There is no such mailbox"
    _grant(world, team, "lr")
    assert (await talk.do(f'SETMETADATA {TEAM} (/private/a "1" /shared/a "1")'))[-1].startswith("NO [NOPERM]")
    assert (await talk.do(f'SETMETADATA {TEAM} (/private/a "1")'))[-1].startswith("OK")
    world.store.submit(lambda conn: revoke(conn, team.address, world.anne.address)).result()
    assert (await talk.do(f"GETMETADATA {TEAM} /private/a"))[-1].startswith("NO [NONEXISTENT]")
    _grant(world, team, "l")
    assert (await talk.do(f"GETMETADATA {TEAM} /private/a"))[-1].startswith("NO [NOPERM]")


async def test_the_special_use_can_be_asked_and_changed(world: World) -> None:
    talk = await sign_in(world, select="")
    assert (await talk.do("GETMETADATA Sent /private/specialuse"))[
        0
    ] == '* METADATA Sent (/private/specialuse "\\\\Sent")'
    await talk.do("CREATE Old")
    assert await talk.do('SETMETADATA Old (/private/SpecialUse "\\\\trash")') == ["OK SETMETADATA completed"]
    assert (await talk.do('LIST "" Old'))[0] == '* LIST (\\HasNoChildren \\Trash) "/" Old'
    for wrong in ('"\\\\Inbox"', '"\\\\All"', '"Trash"', '"\\\\Sent \\\\Trash"'):
        assert (await talk.do(f'SETMETADATA Old (/shared/a "1" /private/specialuse {wrong})'))[-1].startswith(
            "NO [USEATTR]"
        )
    await talk.do("SETMETADATA Old (/private/specialuse NIL)")
    assert (await talk.do("GETMETADATA Old (/private/specialuse /shared/a)"))[0] == (
        "* METADATA Old (/private/specialuse NIL /shared/a NIL)"
    )
    assert (await talk.do('SETMETADATA INBOX (/private/specialuse "\\\\Junk")'))[-1].startswith("NO [NOPERM]")


async def test_they_follow_a_mailbox_and_inbox_keeps_its_own(world: World) -> None:
    talk = await sign_in(world, select="")
    await talk.do('SETMETADATA INBOX (/shared/a "inbox")')
    await talk.do("RENAME INBOX Old")
    for name in ("INBOX", "Old"):
        assert (await talk.do(f"GETMETADATA {name} /shared/a"))[0] == f'* METADATA {name} (/shared/a "inbox")'
    await talk.do("RENAME Old Older")
    assert (await talk.do("GETMETADATA Older /shared/a"))[0] == '* METADATA Older (/shared/a "inbox")'
    await talk.do("DELETE Older")
    await talk.do("CREATE Older")
    assert (await talk.do("GETMETADATA Older /shared/a"))[0] == "* METADATA Older (/shared/a NIL)"


async def test_names_of_mailboxes_are_those_of_other_commands(world: World) -> None:
    talk = await sign_in(world, select="")
    await talk.do("CREATE R&AOk-sultats")
    await talk.do('SETMETADATA R&AOk-sultats (/shared/a "1")')
    assert (await talk.do("GETMETADATA R&AOk-sultats /shared/a"))[0] == '* METADATA R&AOk-sultats (/shared/a "1")'
    await talk.do("ENABLE UTF8=ACCEPT")
    assert (await talk.do('GETMETADATA "Résultats" /shared/a'))[0] == '* METADATA "Résultats" (/shared/a "1")'
    assert (await talk.do("GETMETADATA none /shared/a"))[-1].startswith("NO [NONEXISTENT]")


async def test_nobody_asks_before_signing_in(world: World) -> None:
    talk = await sign_in(world, select="")
    talk.session.account = None
    assert (await talk.do('GETMETADATA "" /shared/admin'))[-1].startswith("BAD")
    assert (await talk.do('SETMETADATA "" (/private/a "1")'))[-1].startswith("BAD")
