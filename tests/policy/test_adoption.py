"""The table of new lists."""

from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.decision import Accept
from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.adoption import judge_adoption

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _list(generated_at: datetime) -> WhiteList:
    return WhiteList(generated_at, "", "", {"ch-a.test": frozenset({parse_listed_name("CN=a")})}, 1)


@pytest.mark.parametrize(
    ("old_at", "new_at", "loss", "answer"),
    [
        (None, NOW - HOUR, 0, "first-list"),
        (None, NOW + 24 * HOUR, 0, "first-list"),
        (None, NOW + 25 * HOUR, 0, "it claims to be generated in the future, at 2026-06-02 13:00Z"),
        (NOW - 2 * HOUR, NOW - HOUR, 0, "newer-list"),
        (NOW - HOUR, NOW - HOUR, 0, "newer-list"),
        (NOW - HOUR, NOW - HOUR, 20, "newer-list"),
        (
            NOW - HOUR,
            NOW - 2 * HOUR,
            0,
            "it is older than the one in use: generated at 2026-06-01 10:00Z, not after 2026-06-01 11:00Z",
        ),
        (NOW - 2 * HOUR, NOW - HOUR, 20.5, "it loses 20 % of the domains of the one in use; 20 % are allowed"),
        (NOW - 2 * HOUR, NOW - HOUR, 100, "it loses 100 % of the domains of the one in use; 20 % are allowed"),
    ],
)
def test_first_rule_that_matches_decides(old_at: datetime | None, new_at: datetime, loss: float, answer: str) -> None:
    old = None if old_at is None else _list(old_at)
    decision = judge_adoption(old, _list(new_at), loss_percent=loss, max_loss_percent=20, now=NOW)
    assert (decision.rule if isinstance(decision, Accept) else decision) == answer
