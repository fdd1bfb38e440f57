"""What the cases of addresses need of the lab; ``end_to_end`` plays them."""

from mssmail.core.account import AccountKind
from mssmail.lab.build import _PLANS
from mssmail.lab.check.address_cases import ADDRESS_CASES, NOBODY, TEAM, make_address


def test_the_team_is_a_team_and_nobody_is_nobody() -> None:
    kinds = {address: kind for plan in _PLANS for address, kind, _name, _owner in plan.accounts}
    assert kinds[TEAM] is AccountKind.ORG
    assert NOBODY not in kinds


def test_a_made_address_is_made_once() -> None:
    made = {make_address("chu-sud.test", "equipe") for _ in range(50)}
    assert len(made) == 50


def test_every_case_says_what_must_come_of_it() -> None:
    assert len({case.name for case in ADDRESS_CASES}) == len(ADDRESS_CASES)
    assert all(case.expected for case in ADDRESS_CASES)
