"""What one session watches: no polling, and bounded."""

from collections.abc import Sequence

import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import MailboxInfo
from mssmail.flows import bell
from mssmail.imap.interests import Interests, Overflow
from mssmail.imap.watch import News, Watch
from mssmail.imap.wire.notify_values import EventGroup, Happening, Scope
from mssmail.imap.wire.responses import MailboxStatus
from mssmail.store.engine import Connection
from mssmail.store.mailboxes import create_mailbox
from tests.imap.support import NOW, World, build_message, sign_in

MESSAGES = frozenset({Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE})
PERSONAL = Interests([EventGroup(Scope.PERSONAL, MESSAGES)])


async def _look(watch: Watch) -> News:
    watch.take()
    return await watch.look(has_modseq=False)


async def test_only_mailboxes_that_rang_are_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(world.mailboxes, world.anne, PERSONAL)
    await watch.begin(None, wants_status=False, has_modseq=False)
    asked: list[Sequence[int]] = []
    load_readable = world.mailboxes.load_readable

    async def note(account: Account, mailbox_ids: Sequence[int]) -> Sequence[MailboxInfo]:
        asked.append(mailbox_ids)
        return await load_readable(account, mailbox_ids)

    async def refuse(_: Account) -> Sequence[MailboxInfo]:
        raise AssertionError("nobody changed a name")

    monkeypatch.setattr(world.mailboxes, "load_readable", note)
    monkeypatch.setattr(world.mailboxes, "list_mailboxes", refuse)
    assert await _look(watch) == []
    assert asked == []
    other = await sign_in(world, select="")
    monkeypatch.undo()
    monkeypatch.setattr(world.mailboxes, "load_readable", note)
    await other.append("Sent", build_message("a"))
    assert [line.mailbox for line in await _look(watch)] == ["Sent"]
    assert len(asked) == 1
    assert len(asked[0]) == 1
    watch.close()
    assert world.bells.listeners == 0


async def test_many_mailboxes_are_watched_and_told_of_together(world: World) -> None:
    def create(conn: Connection) -> None:
        for number in range(600):
            create_mailbox(conn, world.anne.id, f"m{number}", "", NOW)

    world.store.submit(create).result()
    watch = Watch(world.mailboxes, world.anne, PERSONAL)
    told = await watch.begin(None, wants_status=True, has_modseq=False)
    assert len(told) == 606
    other = await sign_in(world, select="")
    await other.append("m1", build_message("a"))
    await other.append("m599", build_message("a"))
    assert {line.mailbox for line in await _look(watch)} == {"m1", "m599"}


async def test_there_is_room_for_so_many_in_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "MAX_FOLLOWED", 8)
    first, second = (Watch(world.mailboxes, world.anne, PERSONAL) for _ in range(2))
    await first.begin(None, wants_status=False, has_modseq=False)
    with pytest.raises(Overflow):
        await second.begin(None, wants_status=False, has_modseq=False)
    second.close()
    other = await sign_in(world, select="")
    await other.do("CREATE a/b/c")
    with pytest.raises(Overflow):
        await _look(first)


async def test_no_room_for_the_selected_mailbox_is_too_much_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "MAX_FOLLOWED", 0)
    talk = await sign_in(world)
    watch = Watch(world.mailboxes, world.anne, Interests([EventGroup(Scope.SELECTED, MESSAGES)]))
    await watch.begin(talk.session.view, wants_status=False, has_modseq=False)
    with pytest.raises(Overflow):
        await _look(watch)


async def test_what_comes_while_the_first_picture_is_taken_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_subscriptions, other = world.mailboxes.list_subscriptions, await sign_in(world, select="")

    async def interrupt(account: Account) -> Sequence[str]:
        """The names have been read; nobody listens to the mailboxes yet."""
        monkeypatch.setattr(world.mailboxes, "list_subscriptions", list_subscriptions)
        await other.append("x", build_message("a"))
        return await list_subscriptions(account)

    watch = Watch(world.mailboxes, world.anne, PERSONAL)
    await other.do("CREATE x")
    monkeypatch.setattr(world.mailboxes, "list_subscriptions", interrupt)
    told = await watch.begin(None, wants_status=True, has_modseq=False)
    assert [line.items[0] for line in told if isinstance(line, MailboxStatus) and line.mailbox == "x"] == [
        ("MESSAGES", 1)
    ]
    await other.do("DELETE x")
    await _look(watch)
    await other.do("CREATE x")
    monkeypatch.setattr(world.mailboxes, "list_subscriptions", interrupt)
    assert [line.mailbox for line in await _look(watch)] == ["x"]
