"""May software file it, and whose is it?"""

from dataclasses import replace

import pytest

from mssmail.core.findings import NO_FINDINGS, DocumentFacts, Findings, Mark
from mssmail.core.verdict import UNSIGNED, Verdict
from mssmail.policy.filing import find_patient, may_file
from tests.policy.test_content import TRUSTED

_FACTS = DocumentFacts("cda", "a", Mark.NORMAL, fileable=True)


@pytest.mark.parametrize(
    ("fileable", "verdict", "answer"),
    [(True, TRUSTED, True), (False, TRUSTED, False), (True, UNSIGNED, False), (True, None, False)],
)
def test_only_whole_documents_of_somebody_we_trust(fileable: bool, verdict: Verdict | None, answer: bool) -> None:
    assert may_file(Findings(fileable=fileable), verdict) is answer


@pytest.mark.parametrize(
    ("documents", "patient"),
    [
        ((), ""),
        ((_FACTS,), ""),
        ((replace(_FACTS, patient="FICTIF ALICE", birthdate="19790315"),), "FICTIF ALICE 19790315"),
        ((replace(_FACTS, patient="FICTIF"), replace(_FACTS, ins="279")), "279"),
    ],
)
def test_documents_are_ordered_by_number_else_by_name(documents: tuple[DocumentFacts, ...], patient: str) -> None:
    assert find_patient(replace(NO_FINDINGS, documents=documents)) == patient
