"""ENABLE: what is new is told, the rest left out."""

from tests.imap.support import World, sign_in


async def test_unknown_extensions_are_ignored(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do("ENABLE X-NOSUCH MOVE") == ["* ENABLED", "OK ENABLE completed"]


async def test_enabling_qresync_brings_condstore(world: World) -> None:
    world.deliver()
    talk = await sign_in(world, select="")
    assert await talk.do("ENABLE QRESYNC") == ["* ENABLED QRESYNC", "OK ENABLE completed"]
    assert await talk.do("ENABLE CONDSTORE QRESYNC") == ["* ENABLED", "OK ENABLE completed"]
    await talk.do("SELECT INBOX")
    assert (await talk.do("STORE 1 +FLAGS.SILENT (\\Seen)"))[0] == "* 1 FETCH (UID 1 MODSEQ (3))"


async def test_a_selected_mailbox_tells_its_clock(world: World) -> None:
    world.deliver()
    talk = await sign_in(world)
    assert await talk.do("ENABLE CONDSTORE") == [
        "* ENABLED CONDSTORE",
        "* OK [HIGHESTMODSEQ 2] From here on",
        "OK ENABLE completed",
    ]
