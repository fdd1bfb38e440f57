import pytest

from mssmail.core.verdict import Fact, Outcome
from mssmail.trust.path_result import PathResult

PASSED, OPEN, FAILED = (Fact(outcome, outcome.value) for outcome in (Outcome.PASSED, Outcome.UNKNOWN, Outcome.FAILED))
SKIPPED = Fact(Outcome.SKIPPED, "not asked")


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ((PASSED, PASSED, PASSED, PASSED), PASSED),
        ((PASSED, PASSED, SKIPPED, PASSED), PASSED),
        ((PASSED, PASSED, OPEN, PASSED), OPEN),
        ((PASSED, OPEN, FAILED, PASSED), FAILED),
        ((FAILED, PASSED, SKIPPED, OPEN), FAILED),
    ],
)
def test_the_worst_of_the_facts_answers_and_says_why(facts: tuple[Fact, Fact, Fact, Fact], wanted: Fact) -> None:
    result = PathResult(*facts)
    assert (result.outcome, result.reason, result.is_trusted) == (wanted.outcome, wanted.reason, wanted is PASSED)
