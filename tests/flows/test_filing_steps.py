"""Which messages are owed to which connectors."""

from pathlib import Path

import pytest

from mssmail.core.account import AccountKind
from mssmail.core.findings import Findings
from mssmail.core.receipt import DispositionType
from mssmail.core.verdict import UNSIGNED
from mssmail.flows.filing_steps import plan_filing_steps
from mssmail.settings import Settings
from tests.support.filing_room import ROBOT, make_connector, open_room
from tests.support.health import INS
from tests.support.store import NOW


@pytest.mark.parametrize(
    ("kind", "owed"),
    [(AccountKind.APP, 1), (AccountKind.ORG, 1), (AccountKind.PER, 0), (AccountKind.CAB, 0)],
)
async def test_software_files_for_applications_and_services_only(tmp_path: Path, kind: AccountKind, owed: int) -> None:
    async with open_room(tmp_path, make_connector(tmp_path), kind) as room:
        trace_id = await room.receive()
        found = await room.list_owed()
        assert len(found) == owed
        if found:
            assert (found[0].trace_id, found[0].recipient, found[0].patient) == (trace_id, ROBOT, INS)
            # The software's word is the receipt: none is sent at the delivery.
            assert await room.list_receipts(trace_id) == []


@pytest.mark.parametrize("recipient", ["b.test", "*", "robot@b.test"])
async def test_the_closest_connector_gets_it(tmp_path: Path, recipient: str) -> None:
    async with open_room(tmp_path, make_connector(tmp_path, recipient=recipient)) as room:
        await room.receive()
        assert [each.connector for each in await room.list_owed()] == ["dpi"]


async def test_others_get_nothing(tmp_path: Path) -> None:
    async with open_room(tmp_path, make_connector(tmp_path, recipient="c.test")) as room:
        trace_id = await room.receive()
        assert await room.list_owed() == []
        assert [each.order.disposition.type for each in await room.list_receipts(trace_id)] == [
            DispositionType.PROCESSED
        ]


async def test_what_cannot_be_read_is_not_filed(tmp_path: Path) -> None:
    async with open_room(tmp_path, make_connector(tmp_path)) as room:
        await room.receive(b"<ClinicalDocument")
        assert await room.list_owed() == []


def test_nothing_is_planned_without_trust_or_connector(tmp_path: Path) -> None:
    connected = Settings(connector=(make_connector(tmp_path),))
    assert plan_filing_steps(connected, "t", Findings(fileable=True), UNSIGNED, NOW) == ()
    assert plan_filing_steps(connected, "t", Findings(fileable=True), None, NOW) == ()
    assert plan_filing_steps(Settings(), "t", Findings(fileable=True), UNSIGNED, NOW) == ()
