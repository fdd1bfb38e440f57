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


async def test_imap4rev2_is_another_way_of_speaking(world: World) -> None:
    """RFC 9051, Appendix E."""
    world.deliver()
    talk = await sign_in(world)
    assert await talk.do("ENABLE IMAP4rev2") == ["* ENABLED IMAP4rev2", "OK ENABLE completed"]
    assert await talk.do("ENABLE IMAP4rev2") == ["* ENABLED", "OK ENABLE completed"]
    assert (await talk.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS ())"
    assert (await talk.do("SEARCH ALL"))[0] == '* ESEARCH (TAG "T") ALL 1'
    assert (await talk.do("SEARCH SUBJECT nothing"))[0] == '* ESEARCH (TAG "T")'
    assert (await talk.do("SEARCH CHARSET UTF-8 ALL"))[-1].startswith("OK")
    world.deliver()
    assert await talk.do("NOOP") == ["* 2 EXISTS", "OK NOOP completed"]


async def test_a_mailbox_entered_in_imap4rev2_has_its_own_line(world: World) -> None:
    world.deliver()
    talk = await sign_in(world, select="")
    await talk.do("ENABLE IMAP4rev2")
    await talk.do('CREATE "Entwürfe/2026"')
    assert (await talk.do('SELECT "Entwürfe"'))[1:4] == [
        "* 0 EXISTS",
        '* LIST (\\HasChildren) "/" "Entwürfe"',
        "* OK [PERMANENTFLAGS ($Forwarded $Junk $MDNSent $NotJunk $Phishing \\* "
        "\\Answered \\Deleted \\Draft \\Flagged \\Seen)] Flags to keep",
    ]
    told = "\n".join(await talk.do("SELECT INBOX"))
    assert "RECENT" not in told
    assert "UNSEEN" not in told
