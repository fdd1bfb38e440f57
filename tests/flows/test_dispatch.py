"""The queue served over real sockets: what becomes of mail when peers are good, slow, strange, broken or wrong."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from mssmail.core.lane import PeerState
from mssmail.core.parameters import MailParameters, RecipientParameters
from mssmail.core.queue import QueueState
from mssmail.delivery.resolve import MailResolver, Target
from mssmail.errors import WorkerFault
from mssmail.flows.dispatch import MARKS
from mssmail.flows.inflight import Inflight
from mssmail.journal import Event
from mssmail.lab.pki import Credential, issue_operator
from mssmail.settings import Endpoint, Queue, Route
from mssmail.store.engine import Connection
from mssmail.store.peers import find_peer, save_peer
from mssmail.store.queue import claim
from tests.delivery.scripted_peer import Script
from tests.flows.dispatch_room import ANNE, ARTHUR, AT_ONCE, CLEO, open_room, until
from tests.support.operator_room import BOB, TODAY, write_key
from tests.support.pki import Pki

PATIENT = replace(AT_ONCE, retry_seconds=(3_600,))


async def test_what_is_queued_reaches_the_peer_byte_for_byte_and_is_journalled(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        data = await room.put(ANNE)
        await room.start()
        await room.settle()
        (entry,) = await room.read_journal(Event.RELAYED)
        facts = entry.facts
    assert peer.messages == [data]
    assert (facts["recipient"], facts["reply"], facts["attempts"]) == ("anne@a.test", "250 2.0.0 kept as 1", 1)
    assert facts["tls"] == "TLSv1.3"
    assert "peer.a.test" in str(facts["peer"])


async def test_recipients_share_a_transaction_and_messages_a_session(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        for number in range(3):
            await room.put(ANNE, ARTHUR, text=f"message {number}")
        await room.start()
        await room.settle()
    assert (peer.sessions, len(peer.messages)) == (1, 3)
    assert sum(command.startswith(b"RCPT") for command in peer.commands) == 6


async def test_waking_it_sends_what_has_just_been_queued(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        await room.start()
        data = await room.put(ANNE)
        await room.settle()
    assert peer.messages == [data]


async def test_a_temporary_refusal_is_tried_again_and_then_delivered(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script(answers={b"RCPT": [b"451 4.3.0 later\r\n"]}))
        await room.put(ANNE)
        await room.start()
        await room.settle()
        (deferred,) = await room.read_journal(Event.DEFERRED)
        (relayed,) = await room.read_journal(Event.RELAYED)
    assert len(peer.messages) == 1
    assert deferred.facts["reply"] == "451 4.3.0 later"
    assert relayed.facts["attempts"] == 2


async def test_a_final_refusal_is_told_to_the_sender_in_a_signed_report(tmp_path: Path) -> None:
    write_key(tmp_path, "domain-signing-authority@b.test")
    async with open_room(tmp_path) as room:
        await room.add_peer("a.test", Script(answers={b"RCPT": [b"250 ok\r\n", b"550 5.1.1 nobody\r\n"]}))
        await room.put(ARTHUR, ANNE)
        await room.start()
        await room.settle()
        report = await room.load_report()
        (bounced,) = await room.read_journal(Event.BOUNCED)
        assert len(await room.read_journal(Event.RELAYED)) == 1
    assert report.reverse_path is None
    assert report.summary == "trusted"
    assert b"smime=pass" in report.prefix
    assert report.prefix.startswith(b"Return-Path: <>\r\n")
    assert b"Final-Recipient: rfc822; anne@a.test\r\n" in report.data
    assert b"arthur@a.test" not in report.data
    assert b"Remote-MTA: dns; mx.peer.test\r\n" in report.data
    assert (bounced.facts["report"], bounced.facts["rule"]) == (report.trace_id, "refused-for-good")


async def test_there_is_no_report_about_a_message_with_a_null_sender(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.add_peer("a.test", Script(answers={b"MAIL": [b"550 5.7.1 no\r\n"]}))
        await room.put(ANNE, reverse_path=None)
        await room.start()
        await room.settle()
        (bounced,) = await room.read_journal(Event.BOUNCED)
        assert await room.read_journal(Event.DELIVERED, Event.QUEUED) == []
    assert "report" not in bounced.facts


async def test_a_sender_elsewhere_gets_the_report_by_the_queue(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.add_peer("a.test", Script(answers={b"MAIL": [b"550 5.7.1 no\r\n"]}))
        other = await room.add_peer("c.test", Script())
        await room.put(ANNE, reverse_path=CLEO)
        await room.start()
        await room.settle()
    (report,) = other.messages
    assert b"To: <cleo@c.test>" in report
    assert b"MAIL FROM:<> " in other.commands[1] + b" "


async def test_mail_for_a_domain_that_is_not_listed_comes_back_at_once(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.put(replace(ANNE, domain="elsewhere.test"))
        await room.start()
        await room.settle()
        report = await room.load_report()
    assert b"550 5.7.1 Domain elsewhere.test is not on the white list" in report.data


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(starttls=False), "no STARTTLS"),
        (Script(greeting=b"554 5.3.2 closed\r\n"), "554 5.3.2 closed"),
        (Script(answers={b".": [None]}), "closed the connection"),
        (Script(dies_in_data=True), "closed the connection"),
    ],
)
async def test_a_peer_that_cannot_take_mail_now_makes_it_wait(tmp_path: Path, script: Script, words: str) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        await room.add_peer("a.test", script)
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
        (item,) = await room.read_items()
    assert words in str(entry.facts["reason"])
    assert words in item.last_error
    assert item.state is QueueState.WAITING
    assert timedelta(minutes=50) < item.next_try_at - datetime.now(UTC) < timedelta(minutes=70)


EXPIRED = issue_operator(TODAY.issuing, "peer.a.test", TODAY.now - timedelta(days=1_200))
FOREIGN = Pki(TODAY.now).make_operator("peer.a.test")
STRANGER = TODAY.make_operator("mx.stranger.test")


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (EXPIRED, "certificate has expired"),
        (FOREIGN, "certificate verify failed"),
        (STRANGER, "peer-not-listed-for-domain"),
    ],
)
async def test_a_server_that_is_not_the_peer_gets_nothing(tmp_path: Path, credential: Credential, words: str) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script(), credential)
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert words in str(entry.facts["reason"])
    assert peer.commands == []


async def test_a_message_the_peer_died_on_is_sent_again(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script(answers={b".": [None]}))
        data = await room.put(ANNE)
        await room.start()
        await room.settle()
    # It had taken the first one before it died: the second is the duplicate that no sender can avoid.
    assert peer.messages == [data, data]


async def test_a_dead_peer_and_a_silent_one_do_not_hold_up_the_others(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(PATIENT, max_concurrent=2)) as room:
        room.routes.append(Route("a.test", "127.0.0.1", 9))
        peer = await room.add_peer("c.test", Script())
        for number in range(20):
            await room.put(ANNE, text=f"dead {number}")
        data = await room.put(CLEO)
        await room.start()
        await room.wait_for(Event.RELAYED)
        await room.wait_for(Event.DEFERRED)
    assert peer.messages == [data]


async def test_a_thousand_messages_for_a_dead_peer_are_few_attempts(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script(greeting=b"421 4.3.2 busy\r\n"))
        await room.add_peer("c.test", Script())
        for number in range(300):
            await room.put(ANNE, text=f"dead {number}")
        await room.start()
        await room.wait_for(Event.DEFERRED)

        async def rests() -> bool:
            known = await asyncio.wrap_future(room.operator.store.read(lambda conn: find_peer(conn, "a.test")))
            return known.rests_until is not None

        await until(rests)
        await room.put(CLEO)
        await room.wait_for(Event.RELAYED)  # the dispatcher has looked again meanwhile
        known = await asyncio.wrap_future(room.operator.store.read(lambda conn: find_peer(conn, "a.test")))
        items = await room.read_items()
        assert len(items) == 300
        assert sum(item.attempts for item in items) <= 8
    assert peer.sessions == 1
    assert (known.failures, "421 4.3.2 busy" in known.reason) == (1, True)
    assert known.rests_until is not None


async def test_one_message_that_breaks_every_session_does_not_keep_the_others(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script(answers={b".": [None]}))
        for number in range(4):
            await room.put(ANNE, text=f"message {number}")
        await room.start()
        await room.wait_for(Event.RELAYED, 3)
        await room.wait_for(Event.DEFERRED, 1)
    assert peer.sessions == 2


async def test_a_peer_that_breaks_off_each_time_is_left_alone_for_a_while(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script(dies_in_data=True))
        for number in range(10):
            await room.put(ANNE, text=f"message {number}")
        await room.start()
        await room.wait_for(Event.DEFERRED, 8)
    assert peer.sessions <= 5  # two at a time: the second may be in the middle when the third breaks


async def test_what_waited_too_long_comes_back(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(AT_ONCE, give_up_seconds=0)) as room:
        room.routes.append(Route("a.test", "127.0.0.1", 9))
        await room.put(ANNE)
        await room.start()
        await room.settle()
        report = await room.load_report()
        (bounced,) = await room.read_journal(Event.BOUNCED)
    assert b"Status: 4.4.7" in report.data
    assert bounced.facts["rule"] == "waited-long-enough"


async def test_what_a_dead_dispatcher_held_is_sent_by_the_next(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        data = await room.put(ANNE)
        now = datetime.now(UTC)
        far = now + timedelta(days=1)
        held = await asyncio.wrap_future(room.operator.store.submit(lambda conn: claim(conn, now, {"a.test": 10}, far)))
        assert len(held) == 1
        await room.start()
        await room.settle()
    assert peer.messages == [data]


async def test_stopping_gives_back_what_is_under_way(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script(silent_after=b"MAIL"))
        for number in range(3):
            await room.put(ANNE, text=f"message {number}")
        dispatcher = await room.start()

        async def is_silent() -> bool:
            return bool(peer.commands) and peer.commands[-1].startswith(b"MAIL")

        await until(is_silent)
        await dispatcher.stop(0.1)
        items = await room.read_items()
        now = datetime.now(UTC)
    assert [item.state for item in items] == [QueueState.WAITING] * 3
    assert all(item.next_try_at <= now for item in items)


async def test_a_failure_is_not_forgotten_while_its_report_cannot_be_written(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.add_peer("a.test", Script(answers={b"MAIL": [b"550 5.7.1 no\r\n"] * 50}))
        room.operator.examiner.fault = WorkerFault("the worker died")
        await room.put(ANNE)
        await room.start()
        await room.wait_for(Event.DEFERRED)
        room.operator.examiner.fault = None
        await room.settle()
        assert b"550 5.7.1 no" in (await room.load_report()).data


class BrokenResolver(MailResolver):
    def __init__(self) -> None:
        """It has nothing to resolve with."""

    async def resolve(self, domain: str) -> NoReturn:
        raise ZeroDivisionError(domain)

    async def resolve_servers(self, servers: Sequence[Endpoint]) -> tuple[Target, ...]:
        return tuple(Target(server, (server.host,)) for server in servers)


async def test_a_fault_of_ours_in_one_lane_strands_nothing_and_stops_nobody(tmp_path: Path) -> None:
    async with open_room(tmp_path, Queue(retry_seconds=(3_600,))) as room:
        peer = await room.add_peer("c.test", Script())
        await room.put(ANNE)
        data = await room.put(CLEO)
        await room.start(BrokenResolver())
        await room.wait_for(Event.RELAYED)

        async def is_put_off() -> bool:
            return [item.state for item in await room.read_items()] == [QueueState.WAITING]

        await until(is_put_off)
        (item,) = await room.read_items()
    assert peer.messages == [data]
    assert item.last_error == "internal fault: ZeroDivisionError"


async def test_our_own_refusal_is_not_told_as_the_words_of_the_peer(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.add_peer("a.test", Script(keywords=(b"SIZE 10",)))
        await room.put(ANNE)
        await room.start()
        await room.settle()
        report = (await room.load_report()).data
    assert b"552 5.3.4" in report
    assert b"Its server answered" not in report
    assert b"Remote-MTA" not in report


async def test_a_fault_of_ours_that_does_not_end_is_told_to_the_sender_in_the_end(tmp_path: Path) -> None:
    async with open_room(tmp_path, Queue(retry_seconds=(3_600,), give_up_seconds=0)) as room:
        await room.put(ANNE)
        await room.start(BrokenResolver())
        await room.wait_for(Event.BOUNCED)
        await room.settle()
        assert await room.read_items() == []
        assert b"internal fault: ZeroDivisionError" in (await room.load_report()).data


async def test_a_peer_that_closes_after_each_message_gets_the_next_in_another_session(tmp_path: Path) -> None:
    script = Script(answers={b".": [b"250 2.0.0 kept\r\n421 4.3.2 one at a time\r\n"] * 5})
    async with open_room(tmp_path, Queue(retry_seconds=(3_600,))) as room:
        peer = await room.add_peer("a.test", script)
        sent = [await room.put(ANNE, text=text) for text in "abcde"]
        await room.start()
        await room.settle()
        assert await room.read_items() == []
    assert sorted(peer.messages) == sorted(sent)
    assert peer.sessions == 5


async def test_without_dns_and_route_mail_waits(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert "DNS cannot say who serves a.test" in str(entry.facts["reason"])


async def test_a_large_message_passes(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        data = await room.put(ANNE, octets=3_000_000)
        await room.start()
        await room.settle()
    assert peer.messages == [data]


async def test_a_peer_that_wakes_gets_everything_one_first_then_more_and_more(tmp_path: Path) -> None:
    limits = replace(AT_ONCE, retry_seconds=(0,), max_in_hand=16)
    async with open_room(tmp_path, limits) as room:
        peer = await room.add_peer("a.test", Script())
        peer.script.greeting = b"421 4.3.2 asleep\r\n"
        sent = [await room.put(ANNE, text=f"message {number}") for number in range(60)]
        await room.start()
        await room.wait_for(Event.DEFERRED, 10)
        peer.script.greeting = b"220 awake\r\n"
        await room.settle()
        known = await asyncio.wrap_future(room.operator.store.read(lambda conn: find_peer(conn, "a.test")))
    assert sorted(peer.messages) == sorted(sent)
    assert (known.failures, known.rests_until, known.tls_floor) == (0, None, "TLSv1.3")


async def test_a_domain_with_much_mail_gets_several_sessions_but_not_too_many(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(AT_ONCE, max_per_domain=3)) as room:
        peer = await room.add_peer("a.test", Script())
        sent = [await room.put(ANNE, text=f"message {number}") for number in range(100)]
        await room.start()
        await room.settle()
    assert sorted(peer.messages) == sorted(sent)
    assert 1 < peer.sessions <= 3


async def test_what_waits_too_long_for_a_resting_peer_comes_back_without_an_attempt(tmp_path: Path) -> None:
    limits = replace(PATIENT, give_up_seconds=2)
    async with open_room(tmp_path, limits) as room:
        room.routes.append(Route("a.test", "127.0.0.1", 9))
        state = PeerState("a.test", 3, rests_until=datetime.now(UTC) + timedelta(days=1), reason="asleep since Monday")
        store = room.operator.store
        await asyncio.wrap_future(store.submit(lambda conn: save_peer(conn, state)))
        await room.put(ANNE)
        then = datetime.now(UTC) + timedelta(seconds=3)
        room.clock = lambda: then
        await room.start()
        await room.settle()
        report = await room.load_report()
        (bounced,) = await room.read_journal(Event.BOUNCED)
    assert b"asleep since Monday" in report.data
    assert (bounced.facts["rule"], bounced.facts["attempts"]) == ("waited-long-enough", 0)


async def test_senders_are_told_of_delay_while_the_peer_rests_and_once(tmp_path: Path) -> None:
    limits = replace(PATIENT, delay_report_seconds=(0,))
    async with open_room(tmp_path, limits) as room:
        state = PeerState("a.test", 3, rests_until=datetime.now(UTC) + timedelta(days=1), reason="asleep since Monday")
        store = room.operator.store
        await asyncio.wrap_future(store.submit(lambda conn: save_peer(conn, state)))
        await room.put(ANNE)
        await room.start()
        await room.wait_for(Event.DEFERRED)
        report = await room.load_report()
        (item,) = await room.read_items()
    assert b"Action: delayed" in report.data
    assert (item.state, item.delays_told, item.attempts) == (QueueState.WAITING, 1, 0)


async def test_an_item_the_last_process_died_on_is_set_aside_and_keeps_nobody_else(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(PATIENT, set_aside_after=1)) as room:
        peer = await room.add_peer("a.test", Script())
        store = room.operator.store
        await room.put(ANNE, text="poison")
        data = await room.put(ARTHUR)
        now = datetime.now(UTC)
        claimed = await asyncio.wrap_future(store.submit(lambda conn: claim(conn, now, {"a.test": 9}, now)))
        Inflight(store.directory / MARKS).enter([claimed[0].id])  # and then the process died
        await room.start()
        await room.wait_for(Event.RELAYED)
        (item,) = await room.read_items()
        (aside,) = await room.read_journal(Event.SET_ASIDE)
    assert peer.messages == [data]
    assert (item.recipient, item.state, item.crashes) == (ANNE, QueueState.HELD, 1)
    assert aside.facts["rule"] == "poison"


async def test_who_was_under_way_once_when_the_process_died_is_sent_by_the_next(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script())
        data = await room.put(ANNE)
        store, now = room.operator.store, datetime.now(UTC)
        await asyncio.wrap_future(store.submit(lambda conn: claim(conn, now, {"a.test": 9}, now)))
        Inflight(store.directory / MARKS).enter([1])
        await room.start()
        await room.settle()
    assert peer.messages == [data]


async def test_a_fault_that_one_message_causes_stays_with_it(tmp_path: Path) -> None:
    async with open_room(tmp_path, replace(AT_ONCE, set_aside_after=2)) as room:
        peer = await room.add_peer("a.test", Script())
        await room.put(ANNE, text="broken")
        store = room.operator.store
        await asyncio.wrap_future(store.submit(_break_first_message))
        data = await room.put(ARTHUR)
        await room.start()
        (aside,) = await room.wait_for(Event.SET_ASIDE)
        await room.wait_for(Event.RELAYED)
        (item,) = await room.read_items()
    assert peer.messages == [data]
    assert item.state is QueueState.HELD
    assert "internal fault" in str(aside.facts["reason"])


def _break_first_message(conn: Connection) -> None:
    conn.exec_driver_sql("UPDATE messages SET received_at = 'never' WHERE id = 1")


async def test_mail_under_requiretls_goes_to_no_server_without_it_and_its_report_keeps_it(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        peer = await room.add_peer("a.test", Script())
        await room.put(ANNE, parameters=MailParameters("FULL", requires_tls=True), text="secret")
        await room.start()
        await room.wait_for(Event.BOUNCED)
        report = await room.load_report()
    assert peer.messages == []
    assert b"Status: 5.7.30\r\n" in report.data
    assert report.parameters.requires_tls
    assert b"Subject: secret" in report.data
    assert b"\r\nsecret\r\n" not in report.data


async def test_a_peer_s_extensions_are_used_together(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        keywords = (b"PIPELINING", b"8BITMIME", b"DSN", b"CHUNKING", b"SMTPUTF8", b"REQUIRETLS", b"LIMITS RCPTMAX=1")
        peer = await room.add_peer("a.test", Script(keywords=keywords))
        asked = {ANNE: RecipientParameters("SUCCESS", "rfc822;Anne@A.Test")}
        parameters = MailParameters("HDRS", "Id+2B1", is_utf8=True, requires_tls=True)
        data = await room.put(ANNE, ARTHUR, parameters=parameters, asked=asked)
        await room.start()
        await room.settle()
        assert await room.operator.list_inbox(BOB) == ()
    assert peer.messages == [data, data]
    mail = b"MAIL FROM:<bob@b.test> RET=HDRS ENVID=Id+2B1 SMTPUTF8 REQUIRETLS"
    assert [line for line in peer.commands if line.startswith(b"MAIL")] == [mail, mail]
    assert b"RCPT TO:<anne@a.test> NOTIFY=SUCCESS ORCPT=rfc822;Anne@A.Test" in peer.commands
    assert b"RCPT TO:<arthur@a.test>" in peer.commands
    assert sum(line.startswith(b"BDAT") for line in peer.commands) == 2


async def test_a_peer_that_once_spoke_a_newer_tls_is_not_handed_mail_over_an_older_one(tmp_path: Path) -> None:
    async with open_room(tmp_path, PATIENT) as room:
        peer = await room.add_peer("a.test", Script())
        peer.context.maximum_version = ssl.TLSVersion.TLSv1_2
        store = room.operator.store
        known = PeerState("a.test", tls_floor="TLSv1.3")
        await asyncio.wrap_future(store.submit(lambda conn: save_peer(conn, known)))
        await room.put(ANNE)
        await room.start()
        (entry,) = await room.wait_for(Event.DEFERRED)
    assert "peer-below-tls-floor" in str(entry.facts["reason"])
    assert peer.messages == []
