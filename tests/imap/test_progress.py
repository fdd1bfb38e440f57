"""How far a command has come: what is told, of which commands, and that nothing is told between them."""

import asyncio
import threading

import pytest

from mssmail.core.mailbox import CHANGES_AT_A_TIME, EXPUNGED_AT_A_TIME, UID
from mssmail.imap.progress import Progress
from tests.imap.support import Talk, Wire, World, build_message, sign_in


def _show(progress: Progress) -> str:
    told = progress.describe()
    return "" if told is None or told.code is None else told.code.encode().decode("ascii")


def test_what_is_known_is_told() -> None:
    progress = Progress()
    assert _show(progress) == ""
    progress.begin("a1")
    assert _show(progress) == '[INPROGRESS ("a1" NIL NIL)]'
    progress.aim(None)
    progress.count(5)
    assert _show(progress) == '[INPROGRESS ("a1" 5 NIL)]'
    progress.aim(10)
    assert _show(progress) == '[INPROGRESS ("a1" 0 10)]'
    progress.count(7)
    progress.count(3)  # it never goes back
    assert _show(progress) == '[INPROGRESS ("a1" 7 10)]'
    progress.count(10)  # but for the last step it is done: GOAL is more than PROGRESS
    assert _show(progress) == '[INPROGRESS ("a1" 9 10)]'
    progress.end()
    assert _show(progress) == ""
    progress.begin("a]2")
    assert _show(progress) == "[INPROGRESS (NIL NIL NIL)]"
    progress.aim(0)
    assert _show(progress) == "[INPROGRESS (NIL 0 NIL)]"


class _Gate:
    """The store's writer, held up until it is let go: a disk that takes its time."""

    def __init__(self, world: World) -> None:
        self._go = threading.Event()
        world.store.submit(lambda _: self._go.wait(60))

    def open(self) -> None:
        self._go.set()


async def _tell_while(world: World, talk: Talk, command: bytes, *, aims: bool = True) -> list[str]:
    """What is told when the time comes while the command waits for the disk; then its answer."""
    gate = _Gate(world)
    answering = asyncio.ensure_future(talk.say(command))
    try:
        async with asyncio.timeout(60):
            while "NIL NIL" in (shown := _show(talk.session.progress)) or not shown:
                await asyncio.sleep(0.001)
                if not aims and (shown or talk.session.hidden):
                    break
        await talk.session.tell_progress()
    finally:
        gate.open()
    answer = await answering
    length = len(talk.wire.sent)
    await talk.session.tell_progress()  # too late: there is nothing to tell any more
    assert len(talk.wire.sent) == length
    return answer.decode().splitlines()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("COPY 1:3 Sent", '("T" 0 3)] 0 of 3'),
        ("UID MOVE 1:3 Sent", '("T" 0 3)] 0 of 3'),
        ("STORE 1:3 +FLAGS.SILENT (\\Seen)", '("T" 0 3)] 0 of 3'),
        ("UID EXPUNGE 1:2", '("T" 0 2)] 0 of 2'),
        ("EXPUNGE", '("T" 0 NIL)] 0 so far'),
        ("CREATE x", '("T" NIL NIL)] Still at work'),
    ],
)
async def test_commands_that_wait_for_the_disk_say_how_far_they_are(world: World, command: str, told: str) -> None:
    for subject in "abc":
        world.deliver(build_message(subject))
    talk = await sign_in(world)
    lines = await _tell_while(world, talk, f"T {command}\r\n".encode(), aims=command != "CREATE x")
    assert [line for line in lines if "INPROGRESS" in line] == [f"* OK [INPROGRESS {told}"]
    assert lines[-1].startswith("T OK ")
    assert "INPROGRESS" not in lines[-1]


async def test_searches_count_what_they_have_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mssmail.store.search.OPENED_ROWS", 2)  # a page
    for number in range(5):
        world.deliver(build_message(f"m{number}"))
    talk = await sign_in(world)
    told: list[str] = []
    is_gone = talk.wire.is_gone

    def note() -> bool:
        told.append(_show(talk.session.progress))
        return is_gone()

    monkeypatch.setattr(talk.wire, "is_gone", note)
    for command in ("SEARCH", "SORT (SIZE) UTF-8", "UID THREAD REFERENCES UTF-8"):
        told.clear()
        assert (await talk.do(f"{command} BODY nothing"))[-1].startswith("OK")
        assert told == ['[INPROGRESS ("T" 2 5)]', '[INPROGRESS ("T" 4 5)]']


async def test_every_page_of_a_great_change_is_counted(world: World) -> None:
    counts: list[int] = []
    uids = [UID(uid) for uid in range(1, CHANGES_AT_A_TIME + 2)]
    few = uids[: EXPUNGED_AT_A_TIME + 1]
    inbox = (await world.mailboxes.find_mailbox(world.anne, "INBOX")).id
    await world.mailboxes.expunge(inbox, few, counts.append)
    assert counts == [0, 0]  # pages that held nothing
    for subject in "ab":
        world.deliver(build_message(subject))
    await world.mailboxes.move(world.anne, inbox, uids, "Sent", counts.append)
    assert counts[2:] == [2, 2]


class _Peek(Wire):
    """Notes, whenever something is sent, whether progress would be told now."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self.talk = talk
        self.seen: list[bool] = []

    async def send(self, data: bytes) -> None:
        self.seen.append(self.talk.session.progress.describe() is not None)
        await super().send(data)


@pytest.mark.parametrize(
    ("command", "is_told"),
    [("FETCH 1 BODY[]", False), ("IDLE", False), ("NOOP", False), ('LIST "" *', True), ("MOVE 1 Sent", True)],
)
async def test_only_what_comes_before_the_answer_may_be_told_apart(world: World, command: str, is_told: bool) -> None:
    """Never between the octets of a message, nor behind the tagged answer, nor while IDLE waits."""
    world.deliver()
    talk = await sign_in(world)
    peek = _Peek(talk)
    talk.session.outlet = peek
    await talk.say(f"a {command}\r\n".encode())
    assert peek.seen[0] is is_told
    assert not peek.seen[-1]


async def test_clients_from_which_it_is_hidden_do_not_hear_it(world: World) -> None:
    talk = await sign_in(world)
    talk.session.hidden = frozenset({"INPROGRESS"})
    lines = await _tell_while(world, talk, b"T CREATE x\r\n", aims=False)
    assert [line[:4] for line in lines] == ["T OK"]
