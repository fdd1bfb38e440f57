"""The table of sign-ins."""

import pytest

from mssmail.core.decision import Accept, Refuse
from mssmail.policy.login import judge_account, judge_attempt, judge_login
from mssmail.settings import Login


@pytest.mark.parametrize(
    ("mechanism", "has_tls", "failures", "rule"),
    [
        ("PLAIN", True, 0, "login-may-proceed"),
        ("login", True, 4, "login-may-proceed"),
        ("PLAIN", False, 0, "538 5.7.11 Encryption is required for this sign-in: issue STARTTLS first"),
        ("CRAM-MD5", True, 0, "504 5.5.4 Sign-in by CRAM-MD5 is not offered"),
        ("CRAM-MD5", False, 0, "504 5.5.4 Sign-in by CRAM-MD5 is not offered"),
        ("PLAIN", True, 5, "421 4.7.0 Too many failed sign-ins"),
        ("PLAIN", False, 6, "421 4.7.0 Too many failed sign-ins"),
        ("PL\r\nAIN", True, 0, r"504 5.5.4 Sign-in by PL\0D\0AAIN is not offered"),
    ],
)
def test_first_rule_that_matches_decides(mechanism: str, has_tls: bool, failures: int, rule: str) -> None:
    decision = judge_login(mechanism, has_tls=has_tls, failures=failures, max_failures=5)
    match decision:
        case Accept():
            assert decision.rule == rule
        case Refuse():
            assert str(decision.reply) == rule


def test_a_suspended_account_is_told_so_once_its_password_held() -> None:
    decision = judge_account(suspended=True)
    assert isinstance(decision, Refuse)
    assert str(decision.reply) == "525 5.7.13 This account is suspended"
    assert judge_account(suspended=False) == Accept("signed-in")


@pytest.mark.parametrize(
    ("of_account", "of_address", "is_known", "rule"),
    [
        (0, 0, False, "attempt-may-proceed"),
        (2, 3, False, "attempt-may-proceed"),
        (3, 0, False, "account-guessed"),
        (3, 0, True, "account-guessed"),
        (0, 4, False, "address-guesses"),
        (0, 4, True, "attempt-may-proceed"),
    ],
)
def test_guessing_ends_and_those_who_were_there_before_stay(
    of_account: int, of_address: int, is_known: bool, rule: str
) -> None:
    limits = Login(max_failures_per_account=3, max_failures_per_address=4)
    assert judge_attempt(of_account, of_address, limits, is_known=is_known).rule == rule
