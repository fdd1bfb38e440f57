"""One more try for missing trust, one commit, and a journal that holds nobody up."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.verdict import Trusted, Undetermined
from mssmail.errors import StoreUnavailable
from mssmail.flows.intake import find_signature_part
from mssmail.journal import Entry, Event
from tests.support.operator_room import BOB, MESSAGE, age, build_store, open_operator, sign

NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def test_asks_for_what_is_missing_and_judges_again(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        operator.trust.store = build_store(crls=False)
        operator.trust.found = [build_store()]
        found = await operator.intake.examine(sign(MESSAGE, tmp_path), verify=True)
        assert isinstance(found.verdict.summary, Trusted)
        assert operator.examiner.calls == 2
        assert operator.trust.asked[0]
        assert operator.intake.spent.examine_seconds > 0


async def test_what_cannot_be_fetched_stays_undetermined(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        operator.trust.store = build_store(crls=False)
        found = await operator.intake.examine(sign(MESSAGE, tmp_path), verify=True)
        assert isinstance(found.verdict.summary, Undetermined)
        assert (operator.examiner.calls, len(operator.trust.asked)) == (1, 1)


async def test_asks_for_nothing_when_nothing_is_open(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        await operator.intake.examine(MESSAGE, verify=True)
        assert operator.trust.asked == []


async def test_a_stale_list_is_no_list(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        now = operator.intake.clock()
        assert operator.intake.find_white_list(now) is operator.trust.white_list
        assert operator.trust.white_list is not None
        operator.trust.white_list = age(operator.trust.white_list, 15)
        assert operator.intake.find_white_list(now) is None


async def test_the_part_with_the_signature_has_its_imap_number(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        assert find_signature_part(await operator.intake.examine(sign(MESSAGE, tmp_path), verify=True)) == "2"
        assert find_signature_part(await operator.intake.examine(MESSAGE, verify=True)) == "1"


async def test_notes_are_in_the_journal_when_noted(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        entry = Entry(NOW, Event.REFUSED, "id1", {"a": 1})
        await operator.intake.note(entry)
        assert await operator.read_journal() == [entry]


async def test_a_journal_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_operator(tmp_path) as operator:
        await asyncio.to_thread(operator.store.close)
        with caplog.at_level(logging.ERROR):
            await operator.intake.note(Entry(NOW, Event.REFUSED, "id1", {"rule": "r"}))
        assert "journal could not be written" in caplog.text
        with pytest.raises(StoreUnavailable):
            await operator.intake.boxes.find_box(BOB, 0)
