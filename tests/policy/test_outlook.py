"""What a new list means for the peers we talk to: lists → alarms."""

from datetime import UTC, datetime

import pytest

from mssmail.core.names import parse_listed_name
from mssmail.core.whitelist import WhiteList
from mssmail.policy.outlook import Contact, find_alarms, find_step

NOW = datetime(2026, 6, 1, tzinfo=UTC)
A, B, C = (parse_listed_name(f"CN={letter}.test,O=H,C=FR") for letter in "abc")


def build(**domains: object) -> WhiteList:
    listed = {f"{name}.test": frozenset(names) for name, names in domains.items()}  # type: ignore[call-overload]
    return WhiteList(NOW, "CN=signer", "00", listed, len(listed))


CONTACTS = [Contact("x.test", A), Contact("x.test", A), Contact("y.test", B)]


@pytest.mark.parametrize(
    ("old", "new", "alarms"),
    [
        (None, build(x=[B]), []),
        (build(x=[A], y=[B]), build(x=[A], y=[B]), []),
        (build(x=[A], y=[B]), build(x=[B], y=[B]), [("loses-name", "x.test"), ("gains-name", "x.test")]),
        (build(x=[A], y=[B]), build(x=[A]), [("loses-name", "y.test")]),
        (build(x=[A], y=[B]), build(x=[A, C], y=[B]), [("gains-name", "x.test")]),
        (build(x=[B], y=[B]), build(x=[B, A], y=[B]), []),  # the name we have seen already
        (build(z=[A]), build(z=[B]), []),  # nobody we talk to
    ],
)
def test_alarms(old: WhiteList | None, new: WhiteList, alarms: list[tuple[str, str]]) -> None:
    found = find_alarms(CONTACTS, old, new)
    assert [(alarm.kind.value, alarm.domain) for alarm in found] == alarms
    assert all(alarm.domain in alarm.text for alarm in found)


@pytest.mark.parametrize(
    ("days", "warning", "step"),
    [(40, 30, None), (30, 30, 30), (20, 30, 30), (15, 30, 15), (8, 30, 15), (7, 30, 7), (2, 30, 3), (0, 30, 0),
     (-1, 30, -1), (-9, 30, -1), (5, 6, 6), (10, 6, None), (5, -1, None), (-1, -1, -1), (0, 0, 0)],
)  # fmt: skip
def test_a_countdown_has_steps(days: int, warning: int, step: int | None) -> None:
    assert find_step(days, warning) == step
