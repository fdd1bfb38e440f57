"""Sessions act at random in one mailbox, then all stop, and what each was told must be what is there.

What imaptest's random mode calls a checkpoint. By default a few sessions, a few times; MSSMAIL_CHECKPOINTS="10 60" is
ten sessions and sixty checkpoints.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from random import Random

from tests.imap.observer import Known, Observer
from tests.imap.scripted_player import Target, open_connection
from tests.imap.support import PASSWORD, USER, World, run_listener

SESSIONS, CHECKPOINTS = map(int, os.environ.get("MSSMAIL_CHECKPOINTS", "3 3").split())
_STEPS = 12  # of each session between two checkpoints
_MOST = 40  # messages


class _Sessions:
    """Opens sessions that have signed in."""

    def __init__(self, target: Target, stack: AsyncExitStack) -> None:
        self._target, self._stack, self._numbers, self.known = target, stack, count(1), Known()

    async def open(self, name: str, *enable: str) -> Observer:
        number = next(self._numbers)
        line = await open_connection(self._target, number, self._stack)
        observer = Observer(line, Random(number), name, self.known)
        await observer.do(f'LOGIN "{USER}" "{PASSWORD}"')
        for each in enable:
            await observer.do(f"ENABLE {each}")
        return observer


async def _act(observer: Observer) -> None:
    for _ in range(_STEPS):
        await observer.act()


def _compare(observer: Observer, truth: Observer) -> None:
    """What the session was told of, unasked or not, is so."""
    told, true = observer.picture, truth.picture
    assert len(told.uids) == len(true.uids), observer.name
    for mine, theirs in zip(told.uids, true.uids, strict=True):
        assert mine in {0, theirs}, observer.name
    for uid in filter(None, told.uids):
        assert told.flags.get(uid, true.flags[uid]) == true.flags[uid], f"{observer.name}: {uid}"
        assert told.modseqs.get(uid, true.modseqs[uid]) == true.modseqs[uid], f"{observer.name}: {uid}"
    for uid, is_set in observer.own.items():
        assert f"own-{observer.name}" not in true.flags.get(uid, ()) or is_set, f"{observer.name}: {uid}"
        assert not is_set or f"own-{observer.name}" in true.flags.get(uid, {f"own-{observer.name}"})


async def _look(truth: Observer) -> int:
    """See all there is; the highest ModSeq."""
    await truth.select("EXAMINE INBOX (CONDSTORE)")
    await truth.do("FETCH 1:* (UID FLAGS MODSEQ)" if truth.picture.uids else "NOOP")
    for least in (100, 600, 2_000):
        told = await truth.do(f"UID SEARCH LARGER {least}")
        found = {int(each) for answer in told if answer[0] == "SEARCH" for each in answer[1:]}
        sizes = {uid: truth.known.sizes[uid] for uid in truth.picture.uids if uid in truth.known.sizes}
        assert {uid for uid, size in sizes.items() if size > least} == found & sizes.keys()
    (status,) = await truth.do("STATUS INBOX (MESSAGES HIGHESTMODSEQ)")
    numbers = dict(zip(status[2][::2], status[2][1::2], strict=True))
    assert int(numbers["MESSAGES"]) == len(truth.picture.uids)
    return int(numbers["HIGHESTMODSEQ"])


async def _resynchronise(stale: Observer, since: int, validity: str) -> None:
    """Come back as a client that knows its mailbox by UID, and hear only what has changed (RFC 7162 §3.2.5)."""
    flags = stale.picture.flags
    await stale.line.do("CLOSE")
    stale.picture.uids, stale.picture.modseqs = [], {}
    await stale.do(f"EXAMINE INBOX (QRESYNC ({validity} {since}))" if since else "EXAMINE INBOX")
    assert stale.picture.flags is flags
    if not since:
        await stale.do("FETCH 1:* (UID FLAGS)" if stale.picture.uids else "NOOP")


async def test_what_each_session_was_told_is_what_is_there(world: World, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack, run_listener(world, tmp_path) as running:
        sessions = _Sessions(Target(running.port_tls, running.client_tls, USER, PASSWORD), stack)
        observers = [await sessions.open(f"s{n}") for n in range(SESSIONS)]
        truth, stale = await sessions.open("truth"), await sessions.open("stale", "QRESYNC")
        for n, observer in enumerate(observers):
            await observer.select("SELECT INBOX" if n % 2 else "SELECT INBOX (CONDSTORE)")
        answers = await truth.select("EXAMINE INBOX")
        validity = next(str(each[2]).rstrip("]") for each in answers if each[1:2] == ["[UIDVALIDITY"])
        since = 0
        for _ in range(CHECKPOINTS):
            await asyncio.gather(*map(_act, observers))
            for observer in observers:
                await observer.do("CHECK")
            newest = await _look(truth)
            for observer in observers:
                _compare(observer, truth)
            await _resynchronise(stale, since, validity)
            assert stale.picture.flags == {uid: truth.picture.flags[uid] for uid in truth.picture.uids}
            since = newest
            if len(truth.picture.uids) > _MOST:
                await observers[0].do(f"STORE 1:{len(truth.picture.uids) - 5} +FLAGS (\\Deleted)")
                await observers[0].do("EXPUNGE")
