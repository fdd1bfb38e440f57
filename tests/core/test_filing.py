from datetime import UTC, datetime

from mssmail.core.address import Address
from mssmail.core.filing import Filing, FilingState


def test_the_key_is_the_same_at_every_attempt() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    keys = {
        Filing(7, 3, "0abc", "dpi", Address("a", "b.test"), "", FilingState.WAITING, attempts, now, now, "").key
        for attempts in range(3)
    }
    assert keys == {"0abc-7"}
