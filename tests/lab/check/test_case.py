"""A case is right, different or skipped; what breaks is never right."""

import pytest

from mssmail.lab.check.case import Case, play_case
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab

STAGE = Stage(Lab("/nowhere", 1))


@pytest.mark.parametrize(
    ("expected", "got", "verdict"),
    [
        ("550 5.7.1", "550 5.7.1 no", "ok"),
        ("550 5.7.1", "250 2.0.0 yes", "DIFFERS"),
        ("x", "skipped: no openssl", "skipped"),
    ],
)
def test_the_answer_is_held_against_what_was_expected(expected: str, got: str, verdict: str) -> None:
    assert play_case(Case("a", expected, lambda _stage: got), STAGE).verdict == verdict


def test_an_exception_is_an_answer_and_never_the_right_one() -> None:
    def fail(_stage: Stage) -> str:
        raise ConnectionRefusedError("nobody there")

    outcome = play_case(Case("a", "", fail), STAGE)
    assert outcome.got == "ConnectionRefusedError: nobody there"
    assert outcome.verdict == "DIFFERS"
