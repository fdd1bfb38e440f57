from mssmail.core.address import parse_address
from mssmail.core.campaign import CampaignRow, RowState


def test_a_row_waits_at_first() -> None:
    row = CampaignRow(1, 2, parse_address("a@a.test"), b"")
    assert (row.state, row.attempts, row.trace_id) == (RowState.WAITING, 0, "")
