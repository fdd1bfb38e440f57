"""Receipts that machines' accounts send: asked for rightly, once, signed, durable; and silence for all abuse."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mssmail.core.account import AccountKind
from mssmail.core.address import Address, parse_address
from mssmail.core.receipt import Disposition, FilingError, ReceiptOrder
from mssmail.errors import WorkerFault
from mssmail.flows.receipts import ReceiptSender
from mssmail.flows.receive import Receiver
from mssmail.journal import Event
from mssmail.mime.parts import scan
from mssmail.mime.receipt import read_receipt
from mssmail.settings import Receipts
from mssmail.store.accounts import NewAccount, create_account, remove
from mssmail.store.messages import KeptMessage, find_by_trace, load_message
from mssmail.store.queue import list_items
from mssmail.store.receipts import ReceiptState, list_receipts, order_receipt
from tests.support.operator_room import (
    ALICE,
    BOB,
    CAROL,
    MESSAGE,
    Operator,
    age,
    build_envelope,
    build_settings,
    open_operator,
    sign,
    write_key,
)

LABO, OTHER = parse_address("labo@b.test"), parse_address("labo2@b.test")
ASKING = MESSAGE.replace(b"Subject:", b"Disposition-Notification-To: alice@a.test\r\nSubject:")
FROM_BOB = (
    ASKING.replace(b"Alice <alice@a.test>", b"Bob <bob@b.test>")
    .replace(b"To: bob@b.test", b"To: labo@b.test")
    .replace(b"Notification-To: alice@a.test", b"Notification-To: bob@b.test")
)


async def _add_machine(operator: Operator, address: Address = LABO) -> None:
    new = NewAccount(address, datetime.now(UTC), AccountKind.APP, "Laboratoire")
    await asyncio.wrap_future(operator.store.submit(lambda conn: create_account(conn, new)))


def _make_sender(operator: Operator) -> ReceiptSender:
    return ReceiptSender(
        operator.settings,
        operator.store,
        operator.examiner,
        operator.trust,
        operator.bells,
        lambda: operator.woken.append(2),
    )


async def _receive(operator: Operator, data: bytes, *to: Address, reverse_path: Address | None = ALICE) -> str:
    envelope = build_envelope(data, *(to or (LABO,)), reverse_path=reverse_path)
    reply = await operator.receiver.receive(envelope)
    assert reply.code == 250, reply
    return envelope.id


async def _list_states(operator: Operator, trace_id: str) -> list[tuple[ReceiptState, str]]:
    kept = await asyncio.wrap_future(operator.store.read(lambda conn: list_receipts(conn, trace_id)))
    return [(each.state, each.outcome) for each in kept]


async def _load_queued(operator: Operator) -> list[KeptMessage]:
    items = await asyncio.wrap_future(operator.store.read(list_items))
    found = [
        await asyncio.wrap_future(operator.store.read(lambda conn, id=item.message_id: load_message(conn, id)))  # type: ignore[misc]
        for item in items
    ]
    return [message for message in found if message is not None]


async def test_a_machine_answers_its_asker_signed_and_without_reverse_path(tmp_path: Path) -> None:
    write_key(tmp_path, "labo@b.test")
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        woken: list[int] = []
        operator.intake.followers.append(lambda: woken.append(1))
        signed = sign(ASKING, tmp_path)
        trace_id = await _receive(operator, signed)
        assert woken == [1]
        assert await _make_sender(operator).send_due() == 1
        [receipt] = await _load_queued(operator)
        assert (receipt.reverse_path, receipt.summary) == (None, "trusted")
        assert signed in receipt.data
        told = read_receipt(receipt.data, scan(receipt.data))
        assert told is not None
        assert (told.original_message_id, told.final_recipient, told.errors) == ("<1@a.test>", "labo@b.test", ())
        assert operator.woken == [2]
        assert await _list_states(operator, trace_id) == [(ReceiptState.SENT, receipt.trace_id)]
        [entry] = await operator.read_journal(Event.RECEIPT)
        assert entry.trace_id == trace_id
        assert entry.facts == {
            "account": "labo@b.test",
            "disposition": "processed",
            "outcome": "sent",
            "receipt": receipt.trace_id,
        }
        # A client that reads the message sends no second receipt (RFC 3503).
        [metadata] = await operator.list_inbox(LABO)
        assert "$MDNSent" in metadata.flags
        # Nothing is owed any more, whatever happens next.
        assert await _make_sender(operator).send_due() == 0


async def test_people_answer_for_themselves(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING, tmp_path), BOB, CAROL)
        assert await _list_states(operator, trace_id) == []


async def test_a_machine_whose_software_answers_itself_is_left_to_it(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        settings = replace(operator.settings, receipts=Receipts(own_receipts=("LABO@b.test",)))
        operator.receiver = Receiver(settings, operator.intake, lambda: None)
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING, tmp_path))
        assert await _list_states(operator, trace_id) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ((b"Notification-To: alice@a.test", b"Notification-To: eve@a.test"), "not-reverse-path"),
        ((b"Notification-To: alice@a.test", b"Notification-To: alice@a.test, eve@a.test"), "not-one-address"),
        ((b"Notification-To: alice@a.test", b"Notification-To: alice@evil.test"), "not-reverse-path"),
        ((b"Subject:", b"List-Id: <l.a.test>\r\nSubject:"), "list"),
        ((b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:"), "automatic"),
        (
            (b"Content-Type: text/plain", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b"),
            "report",
        ),
    ],
)
async def test_abuse_is_met_with_silence_and_written_down(
    tmp_path: Path, change: tuple[bytes, bytes], rule: str
) -> None:
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING.replace(*change), tmp_path))
        assert await _make_sender(operator).send_due() == 0
        assert await operator.list_queue() == []
        assert await _list_states(operator, trace_id) == [(ReceiptState.DECLINED, rule)]
        [entry] = await operator.read_journal(Event.RECEIPT)
        assert (entry.facts["outcome"], entry.facts["rule"]) == ("declined", rule)


async def test_a_receipt_is_never_answered_by_a_receipt(tmp_path: Path) -> None:
    write_key(tmp_path, "labo@b.test")
    write_key(tmp_path, "labo2@b.test")
    async with open_operator(tmp_path) as operator:
        for address in (LABO, OTHER):
            await _add_machine(operator, address)
        asking = sign(ASKING.replace(b"alice@a.test", b"labo2@b.test"), tmp_path, "labo2@b.test")
        envelope = build_envelope(asking, LABO, reverse_path=OTHER, login=OTHER)
        assert (await operator.submitter.submit(envelope)).code == 250
        sender = _make_sender(operator)
        assert await sender.send_due() == 1
        [metadata] = await operator.list_inbox(OTHER)
        assert metadata.uid == 1
        assert await sender.send_due() == 0
        assert await operator.list_queue() == []
        # and the asker's own story tells that it was answered, once
        [entry] = await operator.read_journal(Event.CONFIRMED)
        assert (entry.trace_id, entry.facts["disposition"], entry.facts["recipient"]) == (
            envelope.id,
            "processed",
            "labo@b.test",
        )
        assert "doubt" not in entry.facts


async def test_filing_software_orders_a_receipt_with_its_code_in_its_own_transaction(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        trace_id = await _receive(operator, sign(ASKING, tmp_path), BOB)
        disposition = Disposition(error=FilingError.UNKNOWN_PATIENT, note="aucun dossier")

        def order(conn: object) -> bool:
            [message_id] = find_by_trace(conn, trace_id)  # type: ignore[arg-type]
            return order_receipt(conn, ReceiptOrder(message_id, trace_id, BOB, disposition, datetime.now(UTC)))  # type: ignore[arg-type]

        assert await asyncio.wrap_future(operator.store.submit(order))
        assert await _make_sender(operator).send_due() == 1
        [receipt] = await _load_queued(operator)
        assert receipt.summary == "unsigned"  # there is no key; peers take unsigned receipts from the null sender
        assert b"Error: 902^Patient inconnu" in receipt.data


async def test_a_stale_white_list_means_later_not_never(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING, tmp_path))
        fresh = operator.trust.white_list
        assert fresh is not None
        operator.trust.white_list = age(fresh, 30)
        sender = _make_sender(operator)
        assert await sender.send_due() == 0
        assert await _list_states(operator, trace_id) == [(ReceiptState.WAITING, "white-list-stale")]
        operator.trust.white_list = fresh
        sender._clock = lambda: datetime.now(UTC) + timedelta(minutes=2)
        assert await sender.send_due() == 1


async def test_a_fault_of_ours_puts_one_receipt_off_and_ends_at_last(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING, tmp_path))
        operator.examiner.fault = WorkerFault("gone")
        sender = _make_sender(operator)
        assert await sender.send_due() == 0
        assert await _list_states(operator, trace_id) == [(ReceiptState.WAITING, "WorkerFault")]
        for day in range(1, 80):
            sender._clock = lambda day=day: datetime.now(UTC) + timedelta(days=day)  # type: ignore[misc]
            operator.trust.white_list = age(operator.trust.white_list, -1) if operator.trust.white_list else None
            await sender.send_due()
        [(state, outcome)] = await _list_states(operator, trace_id)
        assert (state, outcome) == (ReceiptState.DECLINED, "given-up: WorkerFault")


@pytest.mark.parametrize("gone", [LABO, BOB])
async def test_nobody_answers_for_or_to_an_account_that_has_gone(tmp_path: Path, gone: Address) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        envelope = build_envelope(FROM_BOB, LABO, CAROL, reverse_path=BOB, login=BOB)
        assert (await operator.submitter.submit(envelope)).code == 250
        await asyncio.wrap_future(operator.store.submit(lambda conn: remove(conn, gone)))
        assert await _make_sender(operator).send_due() == 0
        assert await _list_states(operator, envelope.id) == [(ReceiptState.DECLINED, "account-gone")]


async def test_what_was_owed_before_a_stop_is_sent_after_the_next_start(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await _add_machine(operator)
        trace_id = await _receive(operator, sign(ASKING, tmp_path))
        stopped = _make_sender(operator)
        await stopped.stop()
        assert await stopped.send_due() == 0
        sender, queued = _make_sender(operator), asyncio.Event()
        sender._wake_queue = queued.set
        await sender.start()
        await asyncio.wait_for(queued.wait(), 30)
        await sender.stop()
        assert [state for state, _ in await _list_states(operator, trace_id)] == [ReceiptState.SENT]
        assert await operator.list_queue() == ["alice@a.test"]


async def _order_error(operator: Operator, trace_id: str) -> None:
    def order(conn: object) -> bool:
        [message_id] = find_by_trace(conn, trace_id)  # type: ignore[arg-type]
        failed = Disposition(error=FilingError.UNKNOWN_PATIENT)
        return order_receipt(conn, ReceiptOrder(message_id, trace_id, BOB, failed, datetime.now(UTC)))  # type: ignore[arg-type]

    assert await asyncio.wrap_future(operator.store.submit(order))


@pytest.mark.parametrize("to", ["carol@b.test", "errors@a.test"])
async def test_who_is_appointed_hears_of_errors_nobody_asked_to_hear_of(tmp_path: Path, to: str) -> None:
    settings = replace(build_settings(tmp_path), receipts=Receipts(error_account=to))
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path, settings) as operator:
        trace_id = await _receive(operator, sign(MESSAGE, tmp_path), BOB)
        await _order_error(operator, trace_id)
        assert await _make_sender(operator).send_due() == 1
        [(state, letter_id)] = await _list_states(operator, trace_id)
        letter = await operator.load(letter_id)
        assert (state, letter.reverse_path, letter.summary) == (ReceiptState.SENT, BOB, "trusted")
        assert b"multipart/mixed" in letter.data
        assert all("$MDNSent" not in each.flags for each in await operator.list_inbox(BOB))
        assert len(await operator.list_inbox(CAROL)) == (to == "carol@b.test")
        assert await operator.list_queue() == ([to] if to.endswith("a.test") else [])


async def test_an_appointed_account_that_is_nobody_hears_nothing(tmp_path: Path) -> None:
    settings = replace(build_settings(tmp_path), receipts=Receipts(error_account="nobody@b.test"))
    async with open_operator(tmp_path, settings) as operator:
        trace_id = await _receive(operator, sign(MESSAGE, tmp_path), BOB)
        await _order_error(operator, trace_id)
        assert await _make_sender(operator).send_due() == 0
        assert await _list_states(operator, trace_id) == [(ReceiptState.DECLINED, "account-gone")]
