"""Outcomes become rows: item, journal and report, all or nothing."""

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.address import ReversePath
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.parameters import RecipientParameters
from mssmail.core.queue import QueueItem, QueueState
from mssmail.core.reply import Reply
from mssmail.delivery.outcome import Deferred, Delivered, Failed, Outcome
from mssmail.errors import WorkerFault
from mssmail.flows.reports import Reporter
from mssmail.flows.settlement import Attempt, Settlement
from mssmail.journal import Entry, Event
from mssmail.settings import Queue
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.messages import load_message
from mssmail.store.queue import claim
from mssmail.store.steering import retry
from tests.flows.dispatch_room import ANNE, ARTHUR, Room, open_room
from tests.support.operator_room import BOB

QUEUE = Queue(retry_seconds=(100,), give_up_seconds=1_000, delay_report_seconds=(300, 600))
PEER = Peer("192.0.2.1", 25, "mx.a.test", TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384"), subject="CN=peer")
OK, LATER, NEVER = Reply(250, "2.0.0", "kept"), Reply(451, "4.3.0", "later"), Reply(550, "5.1.1", "nobody")


async def _claim(room: Room) -> list[QueueItem]:
    now = datetime.now(UTC)
    until = now + timedelta(minutes=10)
    return await asyncio.wrap_future(room.operator.store.submit(lambda conn: claim(conn, now, {"a.test": 10}, until)))


async def _settle(room: Room, now: datetime, *outcomes: Outcome, peer: Peer | None = PEER) -> None:
    items = await _claim(room)
    store = room.operator.store
    reporter = Reporter(room.operator.settings, store, room.operator.examiner)
    settlement = Settlement(QUEUE, store, reporter, room.operator.bells, lambda: now, random.Random(1))
    message = await asyncio.wrap_future(store.read(lambda conn: load_message(conn, items[0].message_id)))
    assert message is not None
    attempts = [Attempt(item, outcome, peer) for item, outcome in zip(items, outcomes, strict=True)]
    await settlement.settle(message, attempts)


def _facts(entries: list[Entry]) -> dict[str, object]:
    (entry,) = entries
    return dict(entry.facts)


async def test_delivered_is_done_and_says_to_whom_and_how(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        await _settle(room, datetime.now(UTC), Delivered(OK))
        assert await room.read_items() == []
        facts = _facts(await room.read_journal(Event.RELAYED))
        assert isinstance(facts.pop("seconds"), float)
        assert facts == {
            "recipient": "anne@a.test",
            "attempts": 1,
            "reply": "250 2.0.0 kept",
            "server": "192.0.2.1:25",
            "peer": "CN=peer",
            "fingerprint": "",
            "tls": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
        }


async def test_deferred_waits_for_its_time_and_keeps_the_reply(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        now = datetime.now(UTC)
        await _settle(room, now, Deferred("it said so", LATER), peer=None)
        (item,) = await room.read_items()
        facts = _facts(await room.read_journal(Event.DEFERRED))
    assert (item.state, item.last_reply, item.last_error) == (QueueState.WAITING, LATER, "it said so")
    assert timedelta(seconds=89) < item.next_try_at - now < timedelta(seconds=111)
    assert facts["next_try_at"] == item.next_try_at.isoformat()
    assert "server" not in facts


async def test_a_refusal_in_a_deferred_outcome_does_not_end_the_waiting(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        await _settle(room, datetime.now(UTC), Deferred("the session broke", NEVER))
        (item,) = await room.read_items()
    assert item.state is QueueState.WAITING


async def test_each_recipient_of_a_message_ends_as_it_must_and_one_report_names_the_failed(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE, ARTHUR)
        await _settle(room, datetime.now(UTC), Failed(NEVER), Delivered(OK))
        assert await room.read_items() == []
        report = await room.load_report()
        facts = _facts(await room.read_journal(Event.BOUNCED))
    assert (facts["report"], facts["rule"]) == (report.trace_id, "refused-for-good")
    assert b"Final-Recipient: rfc822; anne@a.test" in report.data
    assert b"arthur" not in report.data


@pytest.mark.parametrize("outcome", [Deferred("nobody there"), Deferred("it said so", LATER)])
async def test_what_waited_too_long_is_given_up(tmp_path: Path, outcome: Deferred) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        await _settle(room, datetime.now(UTC) + timedelta(seconds=1_000), outcome)
        assert await room.read_items() == []
        assert _facts(await room.read_journal(Event.BOUNCED))["rule"] == "waited-long-enough"
        report = await room.load_report()
    assert (b"451 4.3.0 later" in report.data) is (outcome.reply is not None)


@pytest.mark.parametrize(
    ("notify", "heeds_dsn", "is_told"),
    [("SUCCESS", False, True), ("SUCCESS", True, False), ("", False, False), ("NEVER", False, False)],
)
async def test_what_a_server_without_dsn_takes_is_reported_as_relayed_to_who_asked(
    tmp_path: Path, notify: str, heeds_dsn: bool, is_told: bool
) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE, asked={ANNE: RecipientParameters(notify, "rfc822;Anne@A.Test")})
        await _settle(room, datetime.now(UTC), Delivered(OK, heeds_dsn))
        assert await room.read_items() == []
        facts = _facts(await room.read_journal(Event.RELAYED))
        assert ("report" in facts) is is_told
        assert len(await room.operator.list_inbox(BOB)) == is_told
        if is_told:
            report = await room.load_report()
            assert b"Original-Recipient: rfc822; Anne@A.Test\r\n" in report.data
            assert b"Action: relayed\r\nStatus: 2.0.0\r\nRemote-MTA: dns; mx.a.test\r\n" in report.data


@pytest.mark.parametrize(("notify", "is_told"), [("NEVER", False), ("SUCCESS", False), ("DELAY,FAILURE", True)])
async def test_a_failure_is_reported_unless_the_sender_does_not_want_to_know(
    tmp_path: Path, notify: str, is_told: bool
) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE, asked={ANNE: RecipientParameters(notify)})
        await _settle(room, datetime.now(UTC), Failed(NEVER))
        assert await room.read_items() == []
        assert ("report" in _facts(await room.read_journal(Event.BOUNCED))) is is_told
        assert len(await room.operator.list_inbox(BOB)) == is_told


async def test_a_delay_is_reported_once_for_each_time_that_has_passed(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        began = datetime.now(UTC)
        told = []
        for seconds in (10, 301, 420, 700, 800):
            await _settle(room, began + timedelta(seconds=seconds), Deferred("it said so", LATER))
            told.append(len(await room.operator.list_inbox(BOB)))
            await _make_due(room)
        assert told == [0, 1, 1, 2, 2]
        (item,) = await room.read_items()
        assert item.delays_told == 2
        first = await room.load_report()
        entries = await room.read_journal(Event.DEFERRED)
    assert b"Action: delayed\r\nStatus: 4.3.0\r\n" in first.data
    assert b"Will-Retry-Until: " in first.data
    assert ["report" in entry.facts for entry in entries] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("reverse_path", "notify"), [(None, "SUCCESS,FAILURE,DELAY"), (BOB, "NEVER"), (BOB, "SUCCESS")]
)
async def test_a_delay_nobody_wants_to_know_of_is_not_reported(
    tmp_path: Path, reverse_path: ReversePath, notify: str
) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE, reverse_path=reverse_path, asked={ANNE: RecipientParameters(notify)})
        await _settle(room, datetime.now(UTC) + timedelta(seconds=400), Deferred("it said so", LATER))
        (item,) = await room.read_items()
        assert item.delays_told == 1  # or it would be asked again and again
        assert await room.operator.list_inbox(BOB) == ()


@pytest.mark.parametrize(
    ("outcome", "seconds"), [(Delivered(OK), 0), (Deferred("it said so", LATER), 400), (Failed(NEVER), 0)]
)
async def test_without_workers_only_a_failure_waits_for_its_report(
    tmp_path: Path, outcome: Outcome, seconds: int
) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE, asked={ANNE: RecipientParameters("SUCCESS,FAILURE,DELAY")})
        room.operator.examiner.fault = WorkerFault("died")
        await _settle(room, datetime.now(UTC) + timedelta(seconds=seconds), outcome)
        is_relayed = isinstance(outcome, Delivered)
        assert [item.delays_told for item in await room.read_items()] == ([] if is_relayed else [0])
        # That it was relayed can never be told later: it is, without what workers would have to look at.
        assert len(await room.operator.list_inbox(BOB)) == int(is_relayed)


async def _make_due(room: Room) -> None:
    store = room.operator.store
    await asyncio.wrap_future(store.submit(lambda conn: retry(conn, 1, datetime.now(UTC))))


async def test_the_sender_s_inbox_rings(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        account = await room.operator.find(BOB)
        inbox = await asyncio.wrap_future(
            room.operator.store.read(lambda conn: find_mailbox(conn, account.id, "INBOX").id)
        )
        bell = room.operator.bells.listen(inbox)
        await room.put(ANNE)
        await _settle(room, datetime.now(UTC), Failed(NEVER))
        assert await bell.wait(10)
        bell.close()


async def test_the_log_tells_each_outcome_under_the_message_s_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_room(tmp_path) as room:
        await room.put(ANNE)
        with caplog.at_level(logging.INFO, "mssmail.flows.settlement"):
            await _settle(room, datetime.now(UTC), Delivered(OK))
        (entry,) = await room.read_journal(Event.RELAYED)
    (line,) = caplog.records
    told = vars(line)
    assert (line.getMessage(), told["recipient"], told["answer"]) == ("relayed", "anne@a.test", "250 2.0.0 kept")
    assert told["id"] == entry.trace_id
