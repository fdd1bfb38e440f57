"""Documents on their way in: marks in the same commit, facts in the journal, and never a delay or a refusal."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address
from mssmail.core.findings import NO_FINDINGS, UNREAD, Findings, MssFields
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.flows.documents import describe_findings
from mssmail.flows.intake import Intake
from mssmail.flows.receive import Receiver
from mssmail.journal import Event
from mssmail.settings import Documents
from tests.support.health import CRITICAL, INS, NORMAL, make_cda, make_message, make_xdm
from tests.support.operator_room import (
    BOB,
    MESSAGE,
    VERA,
    Operator,
    build_envelope,
    build_settings,
    open_operator,
    sign,
)

_RED = {"$label1", "\\Flagged", "$Important", "$MssCritical", "$MssDocument"}


@dataclass
class Reader:
    """Reads here and now; satisfies ``DocumentReader``."""

    found: Findings | None = None
    calls: int = 0

    async def read(self, data: bytes, at: datetime) -> Findings:
        self.calls += 1
        return self.found or read_message(data, Reading(test_space=True)).findings


def _make(result: str, fields: str = "") -> bytes:
    data = make_message(("application/zip", "IHE_XDM.zip", make_xdm(make_cda(result))), fields=fields)
    return data.replace(b"From: a@a.test", b"From: alice@a.test\r\nDate: Mon, 01 Jun 2026 12:00:00 +0000")


async def _receive(operator: Operator, reader: Reader, data: bytes, recipient: Address = BOB) -> str:
    intake = Intake(operator.store, operator.examiner, operator.trust, operator.bells, readers=reader)
    return str(await Receiver(operator.settings, intake, lambda: None).receive(build_envelope(data, recipient)))


async def _flags(operator: Operator, recipient: Address = BOB) -> set[str]:
    return set((await operator.list_inbox(recipient))[-1].flags)


async def test_a_critical_report_lies_flagged_in_the_mailbox_and_the_journal_names_nobody(tmp_path: Path) -> None:
    reader = Reader()
    async with open_operator(tmp_path) as operator:
        data = sign(_make(CRITICAL, "X-MSS-INS: N\r\nX-MSS-NIL: DEV1\r\n"), tmp_path)
        assert (await _receive(operator, reader, data)).startswith("250")
        assert await _flags(operator) == _RED
        [entry] = await operator.read_journal(Event.RECEIVED)
        assert (entry.facts["mark"], entry.facts["x_mss"]) == ("critical", {"ins": "N", "nil": "DEV1"})
        assert len(entry.facts["x_mss_inconsistent"]) == 2  # type: ignore[arg-type]
        assert all(word not in str(entry.facts) for word in ("FICTIF", "ALICE", INS, "6.9"))


@pytest.mark.parametrize(
    ("found", "flags"),
    [(UNREAD, {"$label5", "$MssUnreadable", "$MssDocument"}), (NO_FINDINGS, set())],
)
async def test_what_could_not_be_read_is_delivered_all_the_same(
    tmp_path: Path, found: Findings, flags: set[str]
) -> None:
    async with open_operator(tmp_path) as operator:
        assert (await _receive(operator, Reader(found), sign(_make(NORMAL), tmp_path))).startswith("250")
        assert await _flags(operator) == flags


async def test_unsigned_mail_is_delivered_unmarked_where_verify_takes_it(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        assert (await _receive(operator, Reader(), _make(CRITICAL), VERA)).startswith("250")
        assert await _flags(operator, VERA) == set()
        operator.settings = replace(build_settings(tmp_path), documents=Documents(mark_untrusted=True))
        assert (await _receive(operator, Reader(), _make(CRITICAL), VERA)).startswith("250")
        assert await _flags(operator, VERA) == _RED


async def test_refused_mail_and_mail_without_documents_is_not_read(tmp_path: Path) -> None:
    reader = Reader()
    async with open_operator(tmp_path) as operator:
        assert (await _receive(operator, reader, _make(CRITICAL))).startswith("550")
        assert (await _receive(operator, reader, sign(MESSAGE, tmp_path))).startswith("250")
        assert reader.calls == 0
        assert await asyncio.wait_for(_flags(operator), 5) == set()


def test_facts_are_told_only_when_there_are_any() -> None:
    assert describe_findings(NO_FINDINGS) == {}
    assert describe_findings(Findings(declared=MssFields(mes="FIN"))) == {"x_mss": {"mes": "FIN"}}
    assert describe_findings(UNREAD)["documents"] == ["unread rejected reading took too much"]
