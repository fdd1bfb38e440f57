"""From the outbox into the software: at least once, in order, with a receipt of the outcome."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mssmail.core.filing import FilingState
from mssmail.core.receipt import FilingError
from mssmail.flows.file_documents import Filer, is_receipt_wanted
from mssmail.journal import Event
from mssmail.lab.receiver import Desk, FilingReceiver
from mssmail.settings import Endpoint, Receipts, Settings
from mssmail.store.engine import open_store
from mssmail.store.filings import list_filings, revive
from mssmail.store.receipts import list_receipts
from tests.support.answers import Answers, serve_answers
from tests.support.filing_room import ROBOT, SECRET, Room, build_letter, make_connector, open_room
from tests.support.health import CRITICAL, INS, NORMAL, make_cda

_OTHER_INS = "187037512345631"


def _list(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_folder_gets_documents_summary_and_evidence_and_the_sender_a_receipt(tmp_path: Path) -> None:
    async with open_room(tmp_path, make_connector(tmp_path)) as room:
        trace_id = await room.receive(make_cda(CRITICAL))
        [owed] = await room.list_owed()
        await room.file()
        assert await room.list_owed() == []
        files = _list(tmp_path / "filed" / owed.key)
        assert set(files) == {"DOC0001.XML", "summary.json", "evidence.json"}
        assert files["DOC0001.XML"] == make_cda(CRITICAL)
        summary = json.loads(files["summary.json"])
        assert summary["mark"] == "critical"
        assert summary["delivery"]["trace_id"] == trace_id
        assert summary["documents"][0]["documents"][0]["document"]["patient"]["ins"] == INS
        assert summary["files"][0]["octets"] == len(make_cda(CRITICAL))
        assert json.loads(files["evidence.json"])["verdict"] == "trusted"
        [receipt] = await room.list_receipts(trace_id)
        assert (receipt.order.recipient, receipt.order.disposition.error) == (ROBOT, None)
        [entry] = await room.operator.read_journal(Event.FILED)
        assert (entry.trace_id, entry.facts["connector"], entry.facts["attempts"]) == (trace_id, "dpi", 1)
        assert room.woken == [1]


async def test_no_receipt_is_owed_to_who_did_not_ask(tmp_path: Path) -> None:
    async with open_room(tmp_path, make_connector(tmp_path)) as room:
        trace_id = await room.receive(receipt=False)
        await room.file()
        assert await room.list_receipts(trace_id) == []
        assert room.woken == []


def test_software_that_answers_itself_is_left_to_it(tmp_path: Path) -> None:
    data = build_letter(tmp_path, signed=False)
    assert is_receipt_wanted(Settings(), ROBOT, data)
    assert not is_receipt_wanted(Settings(receipts=Receipts(own_receipts=("Robot@b.test",))), ROBOT, data)


async def test_the_labs_own_software_takes_what_it_can_attribute(tmp_path: Path) -> None:
    filed = tmp_path / "software"
    filed.mkdir()
    receiver = FilingReceiver(Desk(filed, SECRET), Endpoint("127.0.0.1", 0))
    receiver.start()
    try:
        url = f"http://127.0.0.1:{receiver.port}/documents"
        async with open_room(tmp_path, make_connector(tmp_path, directory=None, url=url)) as room:
            taken = await room.receive(make_cda(CRITICAL))
            unknown = await room.receive(make_cda(CRITICAL, family="INCONNU", ins=_OTHER_INS))
            await room.file()
            assert await room.list_owed() == []
            [folder] = [path for path in filed.iterdir() if path.is_dir() and path.name.startswith(taken)]
            assert _list(folder)["DOC0001.XML"] == make_cda(CRITICAL)
            [good], [bad] = await room.list_receipts(taken), await room.list_receipts(unknown)
            assert good.order.disposition.error is None
            assert bad.order.disposition.error is FilingError.UNKNOWN_PATIENT
            assert bad.order.disposition.note == "Patient inconnu du logiciel"
            [entry] = await room.operator.read_journal(Event.FILING_FAILED)
            assert entry.facts["code"] == 902
            assert "inconnu" not in json.dumps(entry.facts).lower()
    finally:
        receiver.stop()


async def test_trouble_is_tried_again_under_the_same_key_and_then_waits_for_a_person(tmp_path: Path) -> None:
    with serve_answers(Answers([(503, b"")] * 3)) as answers:
        connector = make_connector(
            tmp_path, directory=None, url=answers.url, retry_seconds=(10, 60), give_up_seconds=100
        )
        async with open_room(tmp_path, connector) as room:
            await room.receive()
            assert await room.file() > 0
            [owed] = await room.list_owed()
            assert (owed.attempts, owed.last_error) == (1, "the endpoint answered 503")
            assert await room.file() == 0  # not due yet
            for seconds in (12, 200):
                room.now += timedelta(seconds=seconds)
                await room.file()
            [dead] = await room.list_owed()
            assert (dead.state, dead.attempts) == (FilingState.DEAD, 3)
            assert (await room.list_receipts(dead.trace_id)) == []
            room.now += timedelta(days=1)
            await room.file()
            assert len(answers.seen) == 3  # a dead letter is left alone
            room.operator.store.submit(lambda conn: revive(conn, dead.id, room.now)).result()
            await room.file()
            assert await room.list_owed() == []
            assert set(answers.keys) == {dead.key}
            outcomes = [each.facts.get("outcome") for each in await room.operator.read_journal(Event.FILING_FAILED)]
            assert outcomes == ["waiting", "waiting", "dead"]


async def test_one_patients_documents_keep_their_order_and_hold_up_nobody_else(tmp_path: Path) -> None:
    with serve_answers(Answers([(503, b""), (200, b"")])) as answers:
        connector = make_connector(tmp_path, directory=None, url=answers.url, max_concurrent=1)
        async with open_room(tmp_path, connector) as room:
            first = await room.receive(make_cda(CRITICAL, document_id="1.1"))
            second = await room.receive(make_cda(NORMAL, document_id="1.2"))
            other = await room.receive(make_cda(NORMAL, ins=_OTHER_INS, document_id="1.3"))
            await room.file()
            await room.file()
            assert [key.rpartition("-")[0] for key in answers.keys] == [first, other]
            room.now += timedelta(seconds=20)
            await room.file()
            assert [key.rpartition("-")[0] for key in answers.keys] == [first, other, first, second]


@pytest.mark.parametrize(
    "more",
    [{"secret": None}, {"secret": Path("/nowhere/secret")}, {"ca": Path("/nowhere/ca.pem")}],
)
async def test_what_the_configuration_lacks_is_waited_for(tmp_path: Path, more: dict[str, object]) -> None:
    connector = make_connector(tmp_path, directory=None, url="https://127.0.0.1:1/", **more)
    async with open_room(tmp_path, connector) as room:
        await room.receive()
        await room.file()
        [owed] = await room.list_owed()
        assert owed.last_error


async def test_a_short_secret_signs_nothing(tmp_path: Path) -> None:
    connector = make_connector(tmp_path, directory=None, url="https://127.0.0.1:1/")
    (tmp_path / "secret").write_bytes(b"short")
    async with open_room(tmp_path, connector) as room:
        await room.receive()
        await room.file()
        [owed] = await room.list_owed()
        assert "16 octets" in owed.last_error


async def test_the_task_hands_over_what_it_is_woken_for_and_stops(tmp_path: Path) -> None:
    with serve_answers(Answers()) as answers:
        connector = make_connector(tmp_path, directory=None, url=answers.url)
        async with open_room(tmp_path, connector) as room:
            await room.filer.start()
            room.operator.intake.followers.append(room.filer.wake)
            await room.receive()
            await _until_empty(room)
            await room.filer.stop()
            assert len(answers.seen) == 1


_CHILD = """
import asyncio, sys
from pathlib import Path
from mssmail.flows.file_documents import Filer
from mssmail.settings import Settings
from mssmail.store.engine import open_store
from tests.support.filing_room import make_connector
directory, url = Path(sys.argv[1]), sys.argv[2]
connector = make_connector(directory, directory=None, url=url) if url else make_connector(directory)
store = open_store(directory / "store")
async def run():
    await Filer(Settings(connector=(connector,)), store, lambda: None).file_due(connector)
asyncio.run(run())
store.close()
"""


async def test_a_server_killed_while_the_endpoint_files_asks_again_under_the_same_key(tmp_path: Path) -> None:
    child: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        child[0].kill()  # the request has come whole; the answer finds nobody

    with serve_answers(Answers(before_answer=kill)) as answers:
        connector = make_connector(tmp_path, directory=None, url=answers.url)
        async with open_room(tmp_path, connector) as room:
            await room.receive()
        command = [sys.executable, "-c", _CHILD, str(tmp_path), answers.url]
        child.append(subprocess.Popen(command, cwd=Path(__file__).parents[2]))  # noqa: ASYNC220 - waited for below
        assert await asyncio.to_thread(child[0].wait, 60) == -9
        answers.before_answer = lambda: None
        done = await asyncio.to_thread(subprocess.run, command, cwd=Path(__file__).parents[2], timeout=60, check=False)
        assert done.returncode == 0
        assert len(answers.keys) == 2
        assert len(set(answers.keys)) == 1
        store = open_store(tmp_path / "store")
        assert store.read(list_filings).result() == []
        store.close()


def _kill_after(child: subprocess.Popen[bytes], folder: Path, number: int) -> None:
    """Kill it when it has filed so many more, drafts among them; or it has ended."""
    before = _count(folder)
    while child.poll() is None and _count(folder) < before + number:
        time.sleep(0.002)
    child.kill()
    child.wait()


def _count(folder: Path) -> int:
    """Files and folders below it, of those that do not go away meanwhile."""
    return sum(len(folders) + len(files) for _, folders, files in os.walk(folder))


async def test_whenever_the_server_is_killed_nothing_is_lost_and_nothing_half_made(tmp_path: Path) -> None:
    """Four servers that file into a directory die amid their work; the fifth ends what they began."""
    dice = random.Random(7)
    connector = make_connector(tmp_path, retry_seconds=(0,))
    traces = []
    async with open_room(tmp_path, connector) as room:
        for number in range(16):
            cda = make_cda(CRITICAL, document_id=f"1.2.{number}", ins=INS if number % 2 else _OTHER_INS)
            traces.append(await room.receive(cda))
        owed = {each.key for each in await room.list_owed()}
    command = [sys.executable, "-c", _CHILD, str(tmp_path), ""]
    for _ in range(4):
        child = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        await asyncio.to_thread(_kill_after, child, tmp_path / "filed", dice.randrange(1, 4))
    done = await asyncio.to_thread(subprocess.run, command, cwd=Path(__file__).parents[2], timeout=120, check=False)
    assert done.returncode == 0
    assert {path.name for path in (tmp_path / "filed").iterdir()} == owed | {".drafts"}
    assert all(len(_list(tmp_path / "filed" / key)) == 3 for key in owed)
    store = open_store(tmp_path / "store")
    assert store.read(list_filings).result() == []
    for trace_id in traces:
        assert len(store.read(lambda conn, trace_id=trace_id: list_receipts(conn, trace_id)).result()) == 1  # type: ignore[misc]
    store.close()


async def _until_empty(room: Room) -> None:
    async with asyncio.timeout(30):
        while await room.list_owed():  # noqa: ASYNC110 - another task empties it
            await asyncio.sleep(0.02)


async def test_what_is_owed_to_a_connector_that_has_gone_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_room(tmp_path, make_connector(tmp_path)) as room:
        await room.receive()
        other = Filer(Settings(connector=(make_connector(tmp_path, name="new"),)), room.operator.store, lambda: None)
        with caplog.at_level("WARNING"):
            await other.start()
        await other.stop()
        assert "1 deliveries (waiting) are owed to dpi" in caplog.text
