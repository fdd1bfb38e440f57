"""RENAME."""

from tests.imap.support import World, sign_in


async def test_children_come_along(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("CREATE a/b")
    assert await talk.do("RENAME a c") == ["OK RENAME completed"]
    assert [line.split()[-1] for line in (await talk.do('LIST "" c*'))[:-1]] == ["c", "c/b"]


async def test_faults_are_told_apart(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("RENAME a b") == ["NO [NONEXISTENT] There is no such mailbox"]
    assert await talk.do("RENAME Sent Trash") == ["NO [ALREADYEXISTS] A mailbox of this name exists"]


async def test_renaming_inbox_moves_its_messages(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    assert await talk.do("RENAME INBOX old") == ["* 1 EXPUNGE", "OK RENAME completed"]
    assert "* STATUS old (MESSAGES 1)" in await talk.do("STATUS old (MESSAGES)")


async def test_a_selected_mailbox_stays_selected_under_its_new_name(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("CREATE a")
    await talk.do("SELECT a")
    await talk.do("RENAME a b")
    assert await talk.do("CHECK") == ["OK CHECK completed"]


async def test_a_client_of_imap4rev2_is_told_the_name_before(world: World) -> None:
    talk = await sign_in(world)
    await talk.do("ENABLE IMAP4rev2")
    await talk.do("CREATE a/b")
    assert await talk.do('RENAME a "é/"') == [
        '* LIST (\\HasChildren) "/" "é" ("OLDNAME" (a))',
        "OK RENAME completed",
    ]
    assert await talk.do("RENAME INBOX old") == ["OK RENAME completed"]  # INBOX is still there
