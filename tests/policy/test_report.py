from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.address import parse_address
from mssmail.core.parameters import RecipientParameters
from mssmail.core.report import Action
from mssmail.policy.report import count_due_delays, may_report

ANNE = parse_address("anne@a.test")
QUEUED = datetime(2026, 11, 21, tzinfo=UTC)
SUCCESSES = {Action.DELIVERED, Action.RELAYED, Action.EXPANDED}


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ("", {Action.FAILED, Action.DELAYED}),
        ("NEVER", set()),
        ("never", set()),
        ("FAILURE", {Action.FAILED}),
        ("DELAY", {Action.DELAYED}),
        ("SUCCESS", SUCCESSES),
        ("success,failure", SUCCESSES | {Action.FAILED}),
        ("SUCCESS,FAILURE,DELAY", set(Action)),
    ],
)
def test_the_sender_is_told_what_was_asked_for(notify: str, told: set[Action]) -> None:
    parameters = RecipientParameters(notify)
    assert {action for action in Action if may_report(action, ANNE, parameters)} == told


@pytest.mark.parametrize("action", Action)
def test_nothing_is_reported_about_a_report(action: Action) -> None:
    assert not may_report(action, None, RecipientParameters("SUCCESS,FAILURE,DELAY"))


@pytest.mark.parametrize(("seconds", "due"), [(0, 0), (99, 0), (100, 1), (199, 1), (200, 2), (100_000, 2)])
def test_delays_come_due_one_after_the_other(seconds: int, due: int) -> None:
    assert count_due_delays(QUEUED, QUEUED + timedelta(seconds=seconds), (100, 200)) == due


def test_without_a_time_no_delay_is_ever_reported() -> None:
    assert count_due_delays(QUEUED, QUEUED + timedelta(days=9), ()) == 0
