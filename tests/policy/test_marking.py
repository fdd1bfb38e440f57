"""Which flags a message gets: the whole table."""

from dataclasses import replace

import pytest

from mssmail.core.findings import NO_FINDINGS, UNREAD, DocumentFacts, Findings, Mark
from mssmail.core.verdict import UNSIGNED, Fact, Outcome, Trusted, Verdict
from mssmail.policy.marking import judge_keywords, judge_signature
from mssmail.settings import Documents, Marking, SmimeMode
from tests.policy.test_content import TRUSTED

_USUAL, _ON = Marking("*"), Documents()
_RED = {"$label1", "\\Flagged", "$Important", "$MssCritical", "$MssDocument"}


def _find(mark: Mark) -> Findings:
    return Findings(mark, documents=(DocumentFacts("cda", "a", mark, fileable=True),))


def test_the_verdict_used_here_is_trusted() -> None:
    assert isinstance(TRUSTED.summary, Trusted)


@pytest.mark.parametrize(
    ("mark", "flags"),
    [
        (Mark.CRITICAL, _RED),
        (Mark.ABNORMAL, {"$label1", "$MssAbnormal", "$MssDocument"}),
        (Mark.REJECTED, {"$label5", "$MssUnreadable", "$MssDocument"}),
        (Mark.UNASSESSED, {"$MssDocument"}),
        (Mark.NORMAL, {"$MssDocument"}),
        (Mark.NONE, {"$MssDocument"}),
    ],
)
def test_of_trusted_mail(mark: Mark, flags: set[str]) -> None:
    assert judge_keywords(_find(mark), TRUSTED, SmimeMode.REQUIRE, _USUAL, _ON) == flags


def test_a_message_without_documents_gets_none_and_one_whose_reading_died_is_purple() -> None:
    assert judge_keywords(NO_FINDINGS, TRUSTED, SmimeMode.REQUIRE, _USUAL, _ON) == frozenset()
    assert "$label5" in judge_keywords(UNREAD, TRUSTED, SmimeMode.REQUIRE, _USUAL, _ON)


@pytest.mark.parametrize("verdict", [UNSIGNED, None])
@pytest.mark.parametrize("mode", list(SmimeMode))
@pytest.mark.parametrize("untrusted", [True, False])
def test_a_stranger_s_word_marks_nothing_unless_the_setting_allows_it(
    verdict: Verdict | None, mode: SmimeMode, untrusted: bool
) -> None:
    found = judge_keywords(_find(Mark.CRITICAL), verdict, mode, _USUAL, Documents(mark_untrusted=untrusted))
    assert bool(found) is (untrusted and mode is not SmimeMode.REQUIRE)


def test_marking_can_be_switched_off_and_changed_and_never_breaks_the_flags() -> None:
    assert judge_keywords(_find(Mark.CRITICAL), TRUSTED, SmimeMode.REQUIRE, _USUAL, Documents(mark=False)) == set()
    own = Marking("a", critical=("$Red", "two words", "(", "\\Flagged", ""), document=())
    assert judge_keywords(_find(Mark.CRITICAL), TRUSTED, SmimeMode.REQUIRE, own, _ON) == {"$Red", "\\Flagged"}


_FAILED = Fact(Outcome.FAILED, "no path")


@pytest.mark.parametrize(
    ("verdict", "keywords"),
    [
        (TRUSTED, {"$SMIMEValid"}),
        (replace(TRUSTED, facts=replace(TRUSTED.facts, chain=_FAILED)), {"$SMIMEInvalid"}),
        (replace(TRUSTED, facts=replace(TRUSTED.facts, integrity=_FAILED)), {"$SMIMEInvalid"}),
        (replace(TRUSTED, facts=replace(TRUSTED.facts, revocation=Fact(Outcome.UNKNOWN, "no CRL"))), set()),
        (UNSIGNED, set()),
        (None, set()),
    ],
)
def test_the_verdict_as_a_keyword_where_it_is_to_be_shown(verdict: Verdict | None, keywords: set[str]) -> None:
    assert judge_signature(verdict, is_shown=True) == keywords
    assert judge_signature(verdict, is_shown=False) == frozenset()


def test_no_marking_of_documents_speaks_for_the_signature() -> None:
    marking = Marking("*", critical=("$SMIMEValid", "$label1"), document=("$smimeinvalid",))
    assert judge_keywords(_find(Mark.CRITICAL), TRUSTED, SmimeMode.REQUIRE, marking, _ON) == {"$label1"}
