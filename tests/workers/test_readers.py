"""The second step lives and dies by itself."""

import asyncio
from datetime import UTC, datetime

import pytest

from mssmail.core.findings import UNREAD, Mark
from mssmail.errors import WorkerDeath
from mssmail.workers.reader import ReadingSnapshot
from mssmail.workers.readers import Readers
from tests.support.health import CRITICAL, make_cda, make_message, make_xdm

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_SNAPSHOT = ReadingSnapshot(frozenset(), test_space=True)
_MESSAGE = make_message(("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL))))


async def test_reads_in_a_process_of_its_own() -> None:
    readers = Readers(20, 1_024, _SNAPSHOT)
    await readers.start()
    try:
        found = await asyncio.gather(*(readers.read(_MESSAGE, _NOW) for _ in range(5)))
        assert {each.mark for each in found} == {Mark.CRITICAL}
        assert found[0].documents[0].patient == "FICTIF ALICE"
    finally:
        await readers.stop()


@pytest.mark.parametrize("word", [b"die\n", b"spin\n", b"hang\n", b"fail\n", b"eat\n"])
async def test_a_message_that_kills_its_reader_is_named_and_the_next_one_is_read(word: bytes) -> None:
    readers = Readers(1, 512, _SNAPSHOT, examiner="tests.workers.examiners:build_read")
    await readers.start()
    try:
        if word == b"fail\n":
            assert await readers.read(word, _NOW) == UNREAD
        else:
            with pytest.raises(WorkerDeath):
                await readers.read(word, _NOW)
        assert (await readers.read(b"good\n", _NOW)).mark is Mark.NONE
    finally:
        await readers.stop()


async def test_a_reader_that_does_not_run_is_an_answer_too() -> None:
    assert await Readers(1, 512, _SNAPSHOT).read(_MESSAGE, _NOW) == UNREAD
