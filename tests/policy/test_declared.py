"""The X-MSS fields: facts → answer."""

import pytest

from mssmail.core.decision import Accept
from mssmail.core.findings import NO_FINDINGS, UNREAD, Findings
from mssmail.policy.declared import judge_declared

_FAULT = "X-MSS-CODECDA says 11502-2, the archive holds 34112-3"
_INCONSISTENT = Findings(inconsistencies=(_FAULT, "X-MSS-INS is missing"))


@pytest.mark.parametrize(
    ("findings", "refuse", "answer"),
    [
        (NO_FINDINGS, True, "declared"),
        (UNREAD, True, "declared"),
        (_INCONSISTENT, False, "declared"),
        (_INCONSISTENT, True, f"550 5.6.0 {_FAULT} (ECO.2.4)"),
    ],
)
def test_only_contradictions_are_refused_and_only_on_request(findings: Findings, refuse: bool, answer: str) -> None:
    decision = judge_declared(findings, refuse_inconsistent=refuse)
    assert (decision.rule if isinstance(decision, Accept) else str(decision.reply)) == answer
