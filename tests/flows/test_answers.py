"""An account that answers by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.answer import AnswerTimes
from mssmail.core.mailbox import UID
from mssmail.flows.answers import Answerer
from mssmail.mime.headers import decode_words, find_authors, select_fields
from mssmail.mime.parts import scan
from mssmail.settings import Patient
from mssmail.store.aliases import add_targets
from mssmail.store.answers import clear_answer, set_answer
from mssmail.store.messages import Delivered, KeptMessage, Placed, load_message
from mssmail.store.queue import list_items
from tests.flows.dispatch_room import until
from tests.support.mailing import ask, change
from tests.support.operator_room import ALICE, BOB, MESSAGE, Operator, build_envelope, open_operator, write_key
from tests.support.store import NOW
from tests.support.waiting import until as until_logged

TO_BOB = MESSAGE.replace(b"Subject: hello", b"Subject: =?utf-8?q?r=C3=A9sultat?=\r\nReferences: <0@a.test>")


@asynccontextmanager
async def _open(tmp_path: Path, days: int = 7) -> AsyncIterator[tuple[Operator, Answerer]]:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        await change(operator.store, lambda conn: set_answer(conn, BOB, "", "Absent é", AnswerTimes(days)))
        settings = replace(operator.settings, patient=Patient(domains=("patient.test",)))
        clock = lambda: datetime.now(UTC)  # noqa: E731 - a clock
        yield operator, Answerer(settings, operator.store, operator.examiner, lambda: None, clock)


async def _answer(operator: Operator, answerer: Answerer, data: bytes, sender: Address | None = ALICE) -> str:
    account = await operator.find(BOB)
    return await answerer.answer(account.id, build_envelope(data, BOB, reverse_path=sender))


async def _load(operator: Operator) -> list[KeptMessage]:
    items = await ask(operator.store, list_items)
    kept = [await ask(operator.store, lambda conn, id=item.message_id: load_message(conn, id)) for item in items]  # type: ignore[misc]
    return [each for each in kept if each is not None]


async def test_the_answer_names_the_message_and_is_signed_like_the_accounts_own(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        assert await _answer(operator, answerer, TO_BOB) == ""
        [kept] = await _load(operator)
        assert kept.summary == "trusted"
        assert kept.reverse_path is None
        assert find_authors(kept.data, scan(kept.data)) == (BOB,)
        assert b"To: alice@a.test\r\n" in kept.data
        assert b"Auto-Submitted: auto-replied\r\n" in kept.data
        assert b"In-Reply-To: <1@a.test>\r\nReferences: <0@a.test> <1@a.test>\r\n" in kept.data
        subject = select_fields(kept.data, scan(kept.data).header, "subject")[0].read(kept.data)
        assert decode_words(subject) == "Auto: résultat"
        assert await operator.list_queue() == ["alice@a.test"]


async def test_each_sender_is_answered_once_in_a_while(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        assert await _answer(operator, answerer, TO_BOB) == ""
        assert await _answer(operator, answerer, TO_BOB) == "answered"
        assert await _answer(operator, answerer, TO_BOB, parse_address("eve@c.test")) == ""


async def test_a_patient_is_never_answered_twice(tmp_path: Path) -> None:
    patient = parse_address("187127512345678@patient.test")
    async with _open(tmp_path) as (operator, answerer):
        assert await _answer(operator, answerer, TO_BOB, patient) == ""
        assert await _answer(operator, answerer, TO_BOB, patient) == "patient-answered"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (b"Auto-Submitted: auto-generated\r\n", "automatic"),
        (b"List-Id: <x.a.test>\r\n", "list"),
        (b"Precedence: bulk\r\n", "list"),
        (b"Auto-Submitted: no\r\n", ""),
    ],
)
async def test_machines_and_lists_are_not_answered(tmp_path: Path, fields: bytes, why: str) -> None:
    async with _open(tmp_path) as (operator, answerer):
        assert await _answer(operator, answerer, fields + TO_BOB) == why


async def test_only_mail_that_names_the_account_or_its_alias_is_answered(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        by_alias = TO_BOB.replace(b"To: bob@b.test", b"Cc: Team <team@b.test>, no address")
        assert await _answer(operator, answerer, by_alias) == "not-named"
        await change(operator.store, lambda conn: add_targets(conn, parse_address("team@b.test"), (BOB,), NOW))
        assert await _answer(operator, answerer, by_alias) == ""


async def test_nobody_is_answered_for_nobody(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        assert await _answer(operator, answerer, TO_BOB, None) == "no-answer"
        await change(operator.store, lambda conn: clear_answer(conn, BOB))
        assert await _answer(operator, answerer, TO_BOB) == "no-answer"


async def test_a_message_that_was_taken_is_answered_behind_it(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        await answerer.start()
        operator.intake.watchers.append(answerer.offer)
        v_box = parse_address("vera@v.test")
        await change(operator.store, lambda conn: set_answer(conn, v_box, "S", "Absente", AnswerTimes(1)))
        await answerer.look()
        data = TO_BOB.replace(b"bob@b.test", b"vera@v.test")
        assert (await operator.receiver.receive(build_envelope(data, v_box))).code == 250

        async def has_answered() -> bool:
            return await operator.list_queue() == ["alice@a.test"]

        await until(has_answered)
        await answerer.stop()


async def test_what_is_looked_up_in_vain_is_told_and_looked_up_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with _open(tmp_path) as (operator, answerer):
        await answerer.start()
        await asyncio.to_thread(operator.store.close)
        answerer._rounds.wake()
        await until_logged(lambda: "automatic answers cannot be looked up" in caplog.text)
        await answerer.stop()


async def test_of_a_large_message_only_the_beginning_waits(tmp_path: Path) -> None:
    async with _open(tmp_path) as (operator, answerer):
        account = await operator.find(BOB)
        await answerer.look()
        large = build_envelope(TO_BOB + b"x" * 200_000, BOB)
        answerer.offer(large, Delivered(1, (Placed(1, account.id, UID(1)),), ()))
        [owed] = [answerer._waiting.popleft()]
        assert len(owed.envelope.message) == 65_536
        assert await answerer.answer(account.id, owed.envelope) == ""
