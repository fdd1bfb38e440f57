from datetime import timedelta

import pytest

from mssmail.flows import failures
from mssmail.flows.failures import COUNTED_FOR_EACH, Failures
from tests.support.store import NOW

HERE = "192.0.2.7"


def test_one_forgotten_phone_counts_little_against_its_address() -> None:
    found = Failures(60)
    for _ in range(100):
        found.note_failure(HERE, "anne", NOW)
    found.note_failure(HERE, "bea", NOW)
    assert found.count_account(HERE, "anne", NOW) == 100
    assert found.count_address(HERE, NOW) == COUNTED_FOR_EACH + 1
    assert found.count_address("192.0.2.8", NOW) == found.count_account("192.0.2.8", "anne", NOW) == 0


def test_a_success_is_remembered_and_forgives() -> None:
    found = Failures(60)
    found.note_failure("2001:db8::1", "anne", NOW)
    found.note_success("2001:db8::2", "anne")
    assert found.count_address("2001:db8::3", NOW) == 0
    assert found.is_known("2001:db8::4", "anne")
    assert not found.is_known("2001:db8:0:1::4", "anne")
    assert not found.is_known("2001:db8::4", "bea")


def test_failures_are_forgotten_after_a_while() -> None:
    found = Failures(60)
    found.note_failure(HERE, "anne", NOW)
    assert found.count_account(HERE, "anne", NOW + timedelta(seconds=59)) == 1
    assert found.count_account(HERE, "anne", NOW + timedelta(seconds=60)) == 0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MAX_ADDRESSES", 3)
    found = Failures(60)
    for number in range(5):
        found.note_failure(f"192.0.2.{number}", "anne", NOW)
        found.note_success(f"198.51.100.{number}", "anne")
        found.note_failure(HERE, f"user{number}", NOW)
    assert found.count_address("192.0.2.0", NOW) == 0
    assert found.count_address("192.0.2.4", NOW) == 1
    assert [found.is_known(f"198.51.100.{number}", "anne") for number in range(5)] == [False, False, True, True, True]
