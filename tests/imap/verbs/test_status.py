"""Counts without selecting."""

from tests.imap.support import PREFIX, World, build_message, sign_in


async def test_counts_in_the_order_they_were_asked_for(world: World) -> None:
    world.deliver(build_message("one"), "INBOX", "\\Seen", "\\Deleted")
    world.deliver(build_message("two"))
    size = 2 * len(PREFIX) + len(build_message("one")) + len(build_message("two"))
    talk = await sign_in(world, select="")
    answer = await talk.do("STATUS inbox (UIDNEXT MESSAGES RECENT UNSEEN DELETED SIZE)")
    assert answer == [
        f"* STATUS INBOX (UIDNEXT 3 MESSAGES 2 RECENT 2 UNSEEN 1 DELETED 1 SIZE {size})",
        "OK STATUS completed",
    ]


async def test_the_selected_mailbox_can_be_asked_for_too(world: World) -> None:
    talk = await sign_in(world)
    world.deliver()
    assert await talk.do("STATUS INBOX (MESSAGES)") == [
        "* STATUS INBOX (MESSAGES 1)",
        "* 1 EXISTS",
        "* 1 RECENT",
        "OK STATUS completed",
    ]


async def test_what_is_not_there_has_no_counts(world: World) -> None:
    talk = await sign_in(world, select="")
    assert await talk.do("STATUS nowhere (MESSAGES)") == ["NO [NONEXISTENT] There is no such mailbox"]
    assert (await talk.do("STATUS INBOX (NOSUCH)"))[-1].startswith("BAD")


async def test_what_extensions_ask_for(world: World) -> None:
    world.deliver(build_message("one"), "INBOX", "\\Deleted")
    world.deliver(build_message("two"))
    talk = await sign_in(world, select="")
    size = len(PREFIX) + len(build_message("one"))
    assert (await talk.do("STATUS INBOX (HIGHESTMODSEQ MAILBOXID DELETED-STORAGE APPENDLIMIT)"))[0] == (
        f"* STATUS INBOX (HIGHESTMODSEQ 3 MAILBOXID (M1) DELETED-STORAGE {size} APPENDLIMIT 52428800)"
    )
