"""What the journal tells of a campaign's message: the last word counts, a receipt most."""

import pytest

from mssmail.core.address import parse_address
from mssmail.core.campaign import CampaignRow, RowState
from mssmail.journal import Entry, Event
from mssmail.store.campaign_progress import Stage, find_progress
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries
from tests.support.store import NOW

ALICE = parse_address("279035121518989@p.test")
Told = tuple[Event, dict[str, object]]
TAKEN: Told = (Event.SUBMITTED, {})
DEFERRED: Told = (Event.DEFERRED, {"reply": "451 later"})
SILENT: Told = (Event.DEFERRED, {"reason": "no connection"})
RELAYED: Told = (Event.RELAYED, {})
BOUNCED: Told = (Event.BOUNCED, {"reply": "550 5.1.1 nobody"})
READ: Told = (Event.CONFIRMED, {"disposition": "displayed"})
FORGED: Told = (Event.CONFIRMED, {"doubt": "written by somebody else"})


@pytest.mark.parametrize(
    ("told", "stage", "reason"),
    [
        ([], Stage.SENT, ""),
        ([TAKEN, DEFERRED], Stage.SENT, "451 later"),
        ([TAKEN, SILENT], Stage.SENT, "no connection"),
        ([DEFERRED, RELAYED], Stage.DELIVERED, ""),
        ([(Event.DELIVERED, {})], Stage.DELIVERED, ""),
        ([DEFERRED, BOUNCED], Stage.REFUSED, "550 5.1.1 nobody"),
        ([RELAYED, READ], Stage.READ, ""),
        ([RELAYED, FORGED], Stage.DELIVERED, ""),
    ],
)
def test_a_sent_letter(store: Store, told: list[Told], stage: Stage, reason: str) -> None:
    entries = [Entry(NOW, event, "trace", facts) for event, facts in told]
    store.submit(lambda conn: append_entries(conn, entries)).result()
    row = CampaignRow(1, 2, ALICE, b"", RowState.SENT, trace_id="trace")
    progress = store.read(lambda conn: find_progress(conn, row)).result()
    assert (progress.stage, progress.reason) == (stage, reason)


@pytest.mark.parametrize(("state", "stage"), [(RowState.WAITING, Stage.WAITING), (RowState.REFUSED, Stage.REFUSED)])
def test_a_letter_that_was_not_sent(store: Store, state: RowState, stage: Stage) -> None:
    row = CampaignRow(1, 2, ALICE, b"", state, outcome="why")
    progress = store.read(lambda conn: find_progress(conn, row)).result()
    assert (progress.stage, progress.reason) == (stage, "why")
