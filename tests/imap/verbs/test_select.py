"""Entering a mailbox."""

from tests.imap.support import World, build_message, sign_in


async def test_tells_all_that_is_to_be_told(world: World) -> None:
    world.deliver(build_message("one"), "INBOX", "\\Seen", "$Local")
    world.deliver(build_message("two"))
    talk = await sign_in(world, select="")
    answer = await talk.do("SELECT inbox")
    validity = (await talk.do("STATUS INBOX (UIDVALIDITY)"))[0].split()[-1].rstrip(")")
    flags = "$Forwarded $Junk $Local $MDNSent $NotJunk $Phishing"
    assert answer == [
        f"* FLAGS ({flags} \\Answered \\Deleted \\Draft \\Flagged \\Seen)",
        "* 2 EXISTS",
        "* 2 RECENT",
        "* OK [UNSEEN 2] The first that is not seen",
        f"* OK [PERMANENTFLAGS ({flags} \\* \\Answered \\Deleted \\Draft \\Flagged \\Seen)] Flags to keep",
        f"* OK [UIDVALIDITY {validity}] UIDs are valid",
        "* OK [UIDNEXT 3] The next UID",
        "* OK [HIGHESTMODSEQ 3] The mailbox's clock",
        "* OK [MAILBOXID (M1)] Whatever its name",
        "OK [READ-WRITE] SELECT completed",
    ]


async def test_examine_promises_to_change_nothing(world: World) -> None:
    world.deliver()
    talk = await sign_in(world, select="")
    answer = await talk.do("EXAMINE INBOX")
    assert "* OK [PERMANENTFLAGS ()] Flags to keep" in answer
    assert answer[-1] == "OK [READ-ONLY] EXAMINE completed"
    await talk.do("FETCH 1 BODY[]")
    assert (await talk.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Recent))"
    for command in ("STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "UID EXPUNGE 1"):
        assert (await talk.do(command))[-1].startswith("NO [NOPERM]")


async def test_examine_does_not_take_recent_away(world: World) -> None:
    world.deliver()
    talk = await sign_in(world, select="")
    assert "* 1 RECENT" in await talk.do("EXAMINE INBOX")
    assert "* 1 RECENT" in await talk.do("SELECT INBOX")
    assert "* 0 RECENT" in await talk.do("SELECT INBOX")


async def test_only_one_session_sees_a_message_as_recent(world: World) -> None:
    world.deliver()
    first, second = await sign_in(world), await sign_in(world)
    assert (await first.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Recent))"
    assert (await second.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS ())"


async def test_an_empty_mailbox_has_no_first_unseen(world: World) -> None:
    talk = await sign_in(world, select="")
    answer = await talk.do("SELECT Drafts")
    assert answer[1:3] == ["* 0 EXISTS", "* 0 RECENT"]
    assert "UNSEEN" not in "".join(answer)


async def test_a_failed_select_leaves_none_selected(world: World) -> None:
    talk = await sign_in(world)
    assert await talk.do("SELECT nowhere") == [
        "* OK [CLOSED] The mailbox before is closed",
        "NO [NONEXISTENT] There is no such mailbox",
    ]
    assert (await talk.do("FETCH 1 FLAGS"))[-1].startswith("BAD")


async def test_a_client_that_returns_hears_what_happened(world: World) -> None:
    for number in range(5):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)  # ModSeq 6
    await talk.do("STORE 2,4 +FLAGS.SILENT (\\Deleted)")  # 7
    await talk.do("EXPUNGE")  # 8
    await talk.do("STORE 1:2 +FLAGS.SILENT (\\Seen)")  # 9
    validity = (await talk.do("STATUS INBOX (UIDVALIDITY)"))[0].split()[-1].rstrip(")")
    world.deliver(build_message("late"))  # 10
    await talk.do("ENABLE QRESYNC")
    answer = await talk.do(f"SELECT INBOX (QRESYNC ({validity} 6 1:4 (1:3 1:3)))")
    assert answer[-4:] == [
        "* VANISHED (EARLIER) 2,4",
        "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (9))",
        "* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (9))",
        "OK [READ-WRITE] SELECT completed",
    ]
    answer = await talk.do(f"EXAMINE INBOX (QRESYNC ({validity} 9))")
    assert answer[-2:] == ["* 4 FETCH (UID 6 FLAGS () MODSEQ (10))", "OK [READ-ONLY] EXAMINE completed"]
    answer = await talk.do(f"SELECT INBOX (QRESYNC ({validity} 10))")
    assert answer[-2:] == ["* OK [MAILBOXID (M1)] Whatever its name", "OK [READ-WRITE] SELECT completed"]


async def test_qresync_has_to_be_enabled_first(world: World) -> None:
    talk = await sign_in(world)
    assert (await talk.do("SELECT INBOX (QRESYNC (1 1))"))[-1].startswith("BAD")
    assert (await talk.do("FETCH 1:* FLAGS"))[-1].startswith("OK")
