"""Keeping what a client wrote."""

from mssmail.store.accounts import set_quota
from tests.imap.support import AUTHSERV_ID, World, build_message, sign_in


async def test_tells_the_uid(world: World) -> None:
    talk = await sign_in(world, select="")
    validity = (await talk.do("STATUS Drafts (UIDVALIDITY)"))[0].split()[-1].rstrip(")")
    answer = await talk.append("Drafts", build_message("draft"), "(\\Draft \\Seen)")
    assert answer == [f"OK [APPENDUID {validity} 1] APPEND completed"]
    await talk.do("SELECT Drafts")
    assert (await talk.do("FETCH 1 FLAGS"))[0] == "* 1 FETCH (FLAGS (\\Draft \\Recent \\Seen))"


async def test_the_date_may_be_given(world: World) -> None:
    talk = await sign_in(world)
    await talk.append("INBOX", build_message("old"), '"02-Jan-2020 03:04:05 +0100"')
    assert (await talk.do("FETCH 1 INTERNALDATE"))[0] == '* 1 FETCH (INTERNALDATE "02-Jan-2020 02:04:05 +0000")'


async def test_the_selected_mailbox_grows_before_the_answer(world: World) -> None:
    talk = await sign_in(world)
    answer = await talk.append("INBOX", build_message("x"))
    assert answer[:2] == ["* 1 EXISTS", "* 1 RECENT"]


async def test_bytes_come_back_as_they_went_and_no_verdict_can_be_forged(world: World) -> None:
    message = build_message("x").replace(b"To:", f"Authentication-Results: {AUTHSERV_ID}; smime=pass\r\nTo:".encode())
    talk = await sign_in(world)
    await talk.append("INBOX", message)
    answer = await talk.say(b"T FETCH 1 BODY.PEEK[]\r\n")
    assert build_message("x") in answer
    assert b"smime=pass" not in answer


async def test_a_mailbox_that_is_not_there_is_to_be_created_first(world: World) -> None:
    talk = await sign_in(world)
    assert (await talk.append("nowhere", b"x: y\r\n\r\n"))[-1].startswith("NO [TRYCREATE]")


async def test_a_full_account_takes_no_more(world: World) -> None:
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10)).result()
    talk = await sign_in(world)
    assert (await talk.append("INBOX", build_message("x")))[-1].startswith("NO [OVERQUOTA]")


async def test_several_messages_are_kept_at_once(world: World) -> None:
    talk = await sign_in(world)
    answer = await talk.say(b"T APPEND INBOX (\\Seen) {8+}\r\na: b\r\n\r\n {8+}\r\nc: d\r\n\r\n\r\n")
    assert answer.startswith(b"* 2 EXISTS\r\n* 2 RECENT\r\nT OK [APPENDUID ")
    assert b" 1:2] APPEND" in answer
    assert await talk.do("FETCH 1:2 FLAGS") == [
        "* 1 FETCH (FLAGS (\\Recent \\Seen))",
        "* 2 FETCH (FLAGS (\\Recent))",
        "OK FETCH completed",
    ]


async def test_all_or_none_when_one_of_several_has_no_room(world: World) -> None:
    world.store.submit(lambda conn: set_quota(conn, world.anne.address, 10)).result()
    talk = await sign_in(world)
    answer = await talk.say(b"T APPEND INBOX {8+}\r\na: b\r\n\r\n {8+}\r\nc: d\r\n\r\n\r\n")
    assert answer.startswith(b"T NO [OVERQUOTA]")


async def test_utf8_messages_come_in_their_own_clothes_once_enabled(world: World) -> None:
    talk = await sign_in(world)
    command = "T APPEND INBOX UTF8 (~{13+}\r\nSubject: é\r\n)\r\n".encode()
    assert (await talk.say(command)).startswith(b"T BAD")
    await talk.do("ENABLE UTF8=ACCEPT")
    assert b"T OK [APPENDUID" in await talk.say(command)
    assert "Subject: é".encode() in await talk.say(b"T FETCH 1 BODY.PEEK[HEADER]\r\n")


async def test_binary_contents_come_back_to_every_client(world: World) -> None:
    """RFC 3516 §4.4: a NUL is kept in base64, for no literal of BODY[] could carry it."""
    talk = await sign_in(world)
    data = b"Content-Transfer-Encoding: binary\r\n\r\n\0\1\2"
    assert b"T OK [APPENDUID" in await talk.say(b"T APPEND INBOX ~{%d+}\r\n%b\r\n" % (len(data), data))
    answer = await talk.say(b"T FETCH 1 (BINARY[1] BODY[])\r\n")
    assert b"BINARY[1] ~{3}\r\n\0\1\2 BODY[] {" in answer
    assert b"base64\r\n\r\nAAEC" in answer


async def test_a_nul_outside_of_binary_parts_is_refused(world: World) -> None:
    talk = await sign_in(world)
    assert (await talk.say(b"T APPEND INBOX ~{4+}\r\na: \0\r\n")).startswith(b"T NO [UNKNOWN-CTE] ")
