"""The summary follows from the facts: the whole truth table."""

from datetime import UTC, datetime
from itertools import product

import pytest

from mssmail.core.verdict import (
    ENCRYPTED,
    NO_FACTS,
    UNSIGNED,
    Altered,
    Encrypted,
    Fact,
    Facts,
    Outcome,
    Signer,
    SignerKind,
    Structure,
    Trusted,
    Undetermined,
    Unsigned,
    Untrusted,
    Verdict,
)

SIGNER = Signer("CN=a", "CN=ca", 1, ("a@a.test",), SignerKind.PERSONAL, "00", datetime(2030, 1, 1, tzinfo=UTC))
_ASKED = (Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN)


def _facts(*outcomes: Outcome) -> Facts:
    return Facts(*(Fact(outcome, f"{position}") for position, outcome in enumerate(outcomes)))


@pytest.mark.parametrize("outcomes", list(product(_ASKED, repeat=6)))
def test_the_worst_answer_decides(outcomes: tuple[Outcome, ...]) -> None:
    summary = Verdict(Structure.SIGNED, _facts(*outcomes), SIGNER).summary
    if outcomes[0] is Outcome.FAILED:
        assert summary == Altered("0")
    elif Outcome.FAILED in outcomes:
        assert summary == Untrusted(str(outcomes.index(Outcome.FAILED)))
    elif Outcome.UNKNOWN in outcomes:
        assert summary == Undetermined(str(outcomes.index(Outcome.UNKNOWN)))
    else:
        assert summary == Trusted(SIGNER)


@pytest.mark.parametrize("position", range(1, 6))
def test_a_question_switched_off_does_not_stand_in_the_way(position: int) -> None:
    outcomes = [Outcome.PASSED] * 6
    outcomes[position] = Outcome.SKIPPED
    assert Verdict(Structure.SIGNED, _facts(*outcomes), SIGNER).summary == Trusted(SIGNER)


def test_nothing_is_trusted_without_signer_or_integrity() -> None:
    passed = _facts(*[Outcome.PASSED] * 6)
    assert isinstance(Verdict(Structure.SIGNED, passed).summary, Undetermined)
    assert isinstance(Verdict(Structure.SIGNED, NO_FACTS, SIGNER).summary, Undetermined)


def test_what_is_not_signed_has_no_signer() -> None:
    assert UNSIGNED.summary == Unsigned()
    assert ENCRYPTED.summary == Encrypted()
    with pytest.raises(ValueError, match="no signer"):
        Verdict(Structure.UNSIGNED, NO_FACTS, SIGNER)


def test_a_signer_has_an_aware_end() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Signer("", "", 1, (), SignerKind.PERSONAL, "", datetime(2030, 1, 1))  # noqa: DTZ001 - naive on purpose
