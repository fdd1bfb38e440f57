"""Patients' mail through the whole of receiving and submitting, on both sides of an exchange."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.decision import Accept
from mssmail.core.message import Span
from mssmail.flows.patients import read_thread
from mssmail.journal import Event
from mssmail.settings import Patient, Policy
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.exchanges import list_exchanges
from tests.support.operator_room import BOB, Operator, build_envelope, build_settings, open_operator, sign, write_key

ALICE, PAUL = parse_address("279035121518989@a.test"), parse_address("179032A21518933@a.test")
OURS = parse_address("279035121518989@b.test")
DOCTOR = parse_address("marie@c.test")


def _open(tmp_path: Path, domain: str = "a.test", **more: object) -> AbstractAsyncContextManager[Operator]:
    policy = more.pop("policy", Policy())
    patient = Patient(domains=(domain,), **more)  # type: ignore[arg-type]
    return open_operator(tmp_path, replace(build_settings(tmp_path), patient=patient, policy=policy))  # type: ignore[arg-type]


def _write(author: Address, to: Address, number: int, header: str = "", body: str = "Bonjour.") -> bytes:
    return (
        f"From: {author}\r\nTo: {to}\r\nSubject: Suivi\r\nMessage-ID: <{number}@x.test>\r\n{header}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{body}\r\n"
    ).encode()


async def _submit(operator: Operator, author: Address, data: bytes, *to: Address) -> str:
    return str(await operator.submitter.submit(build_envelope(data, *to, reverse_path=author, login=author)))[:9]


async def _receive(operator: Operator, tmp_path: Path, author: Address, data: bytes, to: Address = BOB) -> str:
    envelope = build_envelope(sign(data, tmp_path, str(author)), to, reverse_path=author)
    return str(await operator.receiver.receive(envelope))


async def test_a_patient_elsewhere_answers_what_was_opened_until_it_is_closed(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path) as operator:
        first = _write(ALICE, BOB, 1)
        assert "Seul un professionnel" in await _receive(operator, tmp_path, ALICE, first)
        assert await _submit(operator, BOB, _write(BOB, ALICE, 2), ALICE) == "250 2.0.0"
        answer = _write(ALICE, BOB, 3, "In-Reply-To: <2@x.test>\r\n")
        assert (await _receive(operator, tmp_path, ALICE, answer)).startswith("250")
        last = _write(BOB, ALICE, 4, "References: <2@x.test>\r\n <3@x.test>\r\nX-MSS-MES: FIN\r\n")
        assert await _submit(operator, BOB, last, ALICE) == "250 2.0.0"
        late = _write(ALICE, BOB, 5, "In-Reply-To: <4@x.test>\r\n")
        assert "Cet echange est clos" in await _receive(operator, tmp_path, ALICE, late)
        # How a new one opens: the professional writes again.
        assert await _submit(operator, BOB, _write(BOB, ALICE, 6), ALICE) == "250 2.0.0"
        new = _write(ALICE, BOB, 7, "In-Reply-To: <6@x.test>\r\n")
        assert (await _receive(operator, tmp_path, ALICE, new)).startswith("250")
        kept = await asyncio.wrap_future(operator.store.read(list_exchanges))
        assert [each.state.value for each in kept] == ["closed", "open"]
        acts = [entry.facts["act"] for entry in await operator.read_journal(Event.EXCHANGE)]
        assert acts == ["open", "answered", "closed", "open", "answered"]


async def test_our_own_patient_meets_the_same_rules(tmp_path: Path) -> None:
    write_key(tmp_path, str(OURS))
    async with _open(tmp_path, "b.test") as operator:
        new = NewAccount(OURS, datetime.now(UTC))
        await asyncio.wrap_future(operator.store.submit(lambda conn: create_account(conn, new)))
        patients = operator.submitter.patients
        assert (await patients.judge_recipient(OURS, DOCTOR, None)).rule == "patient-first"
        assert await _submit(operator, OURS, _write(OURS, DOCTOR, 1), DOCTOR) == "550 5.7.1"
        opening = _write(DOCTOR, OURS, 2, "", "Votre rendez-vous.")
        assert (await _receive(operator, tmp_path, DOCTOR, opening, OURS)).startswith("250")
        assert isinstance(await patients.judge_recipient(OURS, DOCTOR, None), Accept)
        assert await _submit(operator, OURS, _write(OURS, DOCTOR, 3), DOCTOR) == "250 2.0.0"
        closing = _write(DOCTOR, OURS, 4, "In-Reply-To: <2@x.test>\r\n").replace(b"Suivi", b"Suivi [FIN]")
        assert (await _receive(operator, tmp_path, DOCTOR, closing, OURS)).startswith("250")
        assert (await patients.judge_recipient(OURS, DOCTOR, None)).rule == "exchange-closed"
        assert await _submit(operator, OURS, _write(OURS, DOCTOR, 5), DOCTOR) == "550 5.7.1"
        assert (await patients.judge_recipient(OURS, parse_address("x@b.test"), None)).rule == "patient-to-patient"


async def test_two_patients_never_read_of_each_other(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path) as operator:
        data = _write(BOB, ALICE, 1)
        assert await _submit(operator, BOB, data, ALICE, PAUL) == "550 5.7.1"
        named = data.replace(b"Subject:", f"Cc: {PAUL}\r\nSubject:".encode())
        assert await _submit(operator, BOB, named, ALICE) == "550 5.7.1"
        assert await operator.list_queue() == []
        assert await asyncio.wrap_future(operator.store.read(list_exchanges)) == []


async def test_too_much_for_a_patient(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path, max_message_bytes=2_000) as operator:
        patients = operator.submitter.patients
        assert (await patients.judge_recipient(BOB, ALICE, 2_001)).rule == "too-big-for-patient"
        data = _write(BOB, ALICE, 1, body="x" * 2_000)
        assert await _submit(operator, BOB, data, ALICE) == "552 5.3.4"


@pytest.mark.parametrize("header", ["", "Auto-Submitted: auto-replied\r\n"])
async def test_a_closed_exchange_takes_receipts_but_no_letter_dressed_as_one(tmp_path: Path, header: str) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path) as operator:
        report = _write(ALICE, BOB, 1, header).replace(
            b"text/plain", b"multipart/report; report-type=disposition-notification; boundary=b"
        )
        signed = sign(report, tmp_path, str(ALICE))
        from_nobody = build_envelope(signed, BOB, reverse_path=None)
        assert (await operator.receiver.receive(from_nobody)).code == 250
        from_patient = build_envelope(signed, BOB, reverse_path=ALICE)
        assert (await operator.receiver.receive(from_patient)).code == 550
        letter = build_envelope(sign(_write(ALICE, BOB, 2), tmp_path, str(ALICE)), BOB, reverse_path=None)
        assert (await operator.receiver.receive(letter)).code == 550
        assert await asyncio.wrap_future(operator.store.read(list_exchanges)) == []


async def test_without_a_patients_domain_nothing_is_asked_or_remembered(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        assert isinstance(await operator.submitter.patients.judge_recipient(BOB, ALICE, 99_000_000), Accept)
        assert await _submit(operator, BOB, _write(BOB, ALICE, 1), ALICE, PAUL) == "250 2.0.0"
        assert await operator.read_journal(Event.EXCHANGE) == []


async def test_an_answer_may_have_to_name_what_it_answers(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path, require_thread=True) as operator:
        assert await _submit(operator, BOB, _write(BOB, ALICE, 1), ALICE) == "250 2.0.0"
        assert isinstance(await operator.receiver.patients.judge_recipient(ALICE, BOB, None), Accept)
        assert (await _receive(operator, tmp_path, ALICE, _write(ALICE, BOB, 2))).startswith("550")
        answer = _write(ALICE, BOB, 3, "References: <1@x.test>\r\n")
        assert (await _receive(operator, tmp_path, ALICE, answer)).startswith("250")


def test_a_thread_is_read_oldest_first_and_not_without_end() -> None:
    names = " ".join(f"<{number}@x>" for number in range(300))
    data = f"Message-ID: <m@x>\r\nReferences: {names}\r\nIn-Reply-To: <r@x> words <299@x>\r\n\r\n".encode()
    thread = read_thread(data, Span(0, len(data)))
    assert thread.message_id == "<m@x>"
    assert thread.references[0] == "<200@x>"
    assert thread.references[-1] == "<r@x>"
    assert len(thread.references) == 101
    assert read_thread(b"\r\n", Span(0, 2)).references == ()


async def test_rules_in_shadow_let_mail_of_patients_pass_and_tell_it_once(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open(tmp_path, policy=Policy(("patient-first", "several-patients"))) as operator:
        assert isinstance(await operator.receiver.patients.judge_recipient(ALICE, BOB, None), Accept)
        assert (await _receive(operator, tmp_path, ALICE, _write(ALICE, BOB, 1))).startswith("250")
        assert [each.facts["rule"] for each in await operator.read_journal(Event.WOULD_REFUSE)] == ["patient-first"]
        assert await _submit(operator, BOB, _write(BOB, ALICE, 2), ALICE, PAUL) == "250 2.0.0"
        told = await operator.read_journal(Event.WOULD_REFUSE)
        assert [each.facts["rule"] for each in told] == ["patient-first", "several-patients"]
        assert operator.intake.shadows.passed == {"patient-first": 1, "several-patients": 1}
