"""What is told after a command and between commands; that nothing is lost when the store cannot say."""

import asyncio
from typing import Any

import pytest

from mssmail.core.mailbox import Changes
from mssmail.errors import StoreUnavailable
from mssmail.imap.news import send_lines, tell_news
from mssmail.imap.wire.responses import ListLine
from tests.imap.support import World, build_message, sign_in

ALL_OF_IT = "(SELECTED (MessageNew (UID) MessageExpunge)) (PERSONAL (MailboxName MessageNew MessageExpunge))"


async def test_news_that_could_not_be_had_come_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    talk, other = await sign_in(world), await sign_in(world, select="")
    await talk.do(f"NOTIFY SET {ALL_OF_IT}")
    await other.append("Sent", build_message("a"))
    load_readable = world.mailboxes.load_readable

    async def fail(*_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(world.mailboxes, "load_readable", fail)
    assert await talk.hear() == []
    monkeypatch.setattr(world.mailboxes, "load_readable", load_readable)
    assert await talk.do("NOOP") == ["* STATUS Sent (UIDNEXT 2 MESSAGES 1)", "OK NOOP completed"]


async def test_a_push_that_is_cancelled_loses_nothing(world: World) -> None:
    talk, other = await sign_in(world), await sign_in(world, select="")
    await talk.do(f"NOTIFY SET {ALL_OF_IT}")
    await other.append("Sent", build_message("a"))
    pushing = asyncio.ensure_future(tell_news(talk.session, may_expunge=True))
    await asyncio.sleep(0)  # it has asked the store, and waits
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)
    assert (await talk.do("NOOP"))[-2:] == ["* STATUS Sent (UIDNEXT 2 MESSAGES 1)", "OK NOOP completed"]


async def test_what_happens_while_the_selected_mailbox_is_asked_rings_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver()
    talk, other = await sign_in(world), await sign_in(world)
    await talk.do(f"NOTIFY SET {ALL_OF_IT}")
    await other.do("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert talk.session.watch is not None
    changes = world.mailboxes.changes

    async def ask_and_be_late(*args: Any, **options: Any) -> Changes:
        monkeypatch.setattr(world.mailboxes, "changes", changes)
        found = await changes(*args, **options)
        await other.do("EXPUNGE")
        return found

    monkeypatch.setattr(world.mailboxes, "changes", ask_and_be_late)
    assert await talk.hear() == []
    assert await talk.session.watch.herald.wait(10)
    assert await talk.hear() == ["* 1 EXPUNGE"]


async def test_many_lines_go_out_some_hundred_at_a_time(world: World) -> None:
    talk = await sign_in(world)
    talk.wire.sent.clear()
    talk.wire.largest = 0
    await send_lines(talk.session, [ListLine(f"a{number}") for number in range(1_000)])
    lines = talk.wire.sent.decode().splitlines()
    assert lines == [f'* LIST () "/" a{number}' for number in range(1_000)]
    assert talk.wire.largest < 5_000


async def test_the_mailbox_that_went_is_said_to_have_gone(world: World) -> None:
    talk, other = await sign_in(world), await sign_in(world, select="")
    await other.do("CREATE a")
    await talk.do("SELECT a")
    assert not await tell_news(talk.session, may_expunge=True)
    await other.do("DELETE a")
    assert await tell_news(talk.session, may_expunge=True)
