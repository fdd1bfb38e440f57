"""Caps that count up, refuse, and count down again."""

import pytest

from mssmail.smtp.limits import ConnectionLimits, InflightLimit


def test_refuses_beyond_the_total_and_takes_again_when_one_leaves() -> None:
    limits = ConnectionLimits(2, 2)
    assert [limits.try_enter(f"192.0.2.{i}") for i in range(3)] == [True, True, False]
    limits.leave("192.0.2.0")
    assert limits.try_enter("192.0.2.9")
    assert limits.total == 2


def test_refuses_one_address_while_others_pass() -> None:
    limits = ConnectionLimits(10, 1)
    assert limits.try_enter("192.0.2.1")
    assert not limits.try_enter("192.0.2.1")
    assert limits.try_enter("192.0.2.2")
    limits.leave("192.0.2.1")
    assert limits.try_enter("192.0.2.1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("odd", "odd", True),
    ],
)
def test_knows_which_addresses_are_one_host(one: str, other: str, *, same: bool) -> None:
    limits = ConnectionLimits(10, 1)
    assert limits.try_enter(one)
    assert limits.try_enter(other) is not same


def test_room_is_taken_and_given_back() -> None:
    limit = InflightLimit(100)
    assert limit.reserve(60)
    assert not limit.reserve(41)
    assert limit.has_room(40)
    limit.release(60)
    assert limit.used == 0
