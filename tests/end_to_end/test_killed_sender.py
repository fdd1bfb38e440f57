"""Whenever the sender is killed, what it had queued arrives; a copy too many lies across a kill.

RFC 5321 §4.5.3.2.6 prefers that to losing mail.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from mssmail.store.fsck import check_store
from tests.end_to_end.killed_sender import Rememberer, Sender, awake, find_unexplained, open_stage, until

KILLS = int(os.environ.get("MSSMAIL_KILLS", "20"))
MESSAGES = 1_000

STEPS = (
    "connected",
    "EHLO in plain text",
    "STARTTLS",
    "EHLO",
    "MAIL",
    "RCPT",
    "DATA",
    "end of data",
    "QUIT",
)
"""Where a session with a peer can stand; it is killed when the peer has just heard so and has not answered."""
TWICE = 1
"""At one step, the end of data, the peer has a message and we cannot know it: it gets that one again."""


async def test_a_thousand_messages_for_a_dead_peer_survive_twenty_kills_and_arrive_when_it_wakes(
    tmp_path: Path,
) -> None:
    choice = random.Random(11)
    async with open_stage(tmp_path) as (sender, peer):
        async with awake(sender, peer):
            names = [f"m{number}" for number in range(MESSAGES)]
            await asyncio.to_thread(sender.queue, names)
        # The peer is dead: half of the kills.
        for _ in range(KILLS // 2):
            await sender.start()
            await asyncio.sleep(choice.uniform(0, 0.3))
            sender.kill()
        assert sender.count_waiting() == MESSAGES
        assert peer.messages == []
        # It has woken, and is being caught up with: the other half, each in the middle of that.
        async with awake(sender, peer):
            for _ in range(KILLS - KILLS // 2):
                before = len(peer.messages)
                await sender.start()
                wanted = before + choice.randrange(1, 60)
                await until(lambda wanted=wanted: len(peer.messages) >= wanted, "the peer gets nothing")  # type: ignore[misc]
                sender.kill()
            await sender.start()
            await until(lambda: sender.count_waiting() == 0, "the queue does not empty itself", 240)
            await sender.stop()
        assert set(peer.arrivals) == {f"<{name}@a.test>" for name in names}
        twice, unexplained = find_unexplained(peer)
        assert unexplained == []
        assert twice <= 2 * 4 * KILLS  # two in doubt a session at most, four sessions
        with sender.open_store() as store:
            assert check_store(store) == []
        print(f"{sender.kills} kills; {MESSAGES} arrived; {twice} twice, each across a kill")


async def test_a_kill_at_any_step_of_a_session_loses_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (sender, peer), awake(sender, peer):
        for step in STEPS:
            await _kill_at(step, sender, peer)
        peer.on_step = lambda _step: None
        await sender.start()
        await until(lambda: sender.count_waiting() == 0, "the queue does not empty itself")
        await sender.stop()
        assert set(peer.arrivals) == {f"<{_name(step)}@a.test>" for step in STEPS}
        assert find_unexplained(peer) == (TWICE, [])


async def _kill_at(step: str, sender: Sender, peer: Rememberer) -> None:
    """Queue a message that is called after the step, and kill the sender when a session stands there."""

    def kill(reached: str) -> None:
        if reached == step:
            sender.kill()

    sender.queue([_name(step)])
    peer.on_step = kill
    await sender.start()
    await until(lambda: sender.is_dead, f"no session ever stood at {step}")


def _name(step: str) -> str:
    return step.replace(" ", "-").lower()


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_a_name_of_its_own(step: str) -> None:
    assert [_name(each) for each in STEPS].count(_name(step)) == 1
