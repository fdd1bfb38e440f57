"""The lab's patients have right addresses, the stranger's wrong one a wrong key; ``end_to_end`` plays the cases."""

from mssmail.core.ins import is_right_ins
from mssmail.lab.check.patient_cases import ALICE, PATIENT_CASES, PAUL, STRANGER


def test_the_patients_are_patients() -> None:
    assert is_right_ins(ALICE.partition("@")[0])
    assert is_right_ins(PAUL.partition("@")[0])
    assert not is_right_ins(STRANGER.partition("@")[0])


def test_every_refusal_is_told_in_words_where_a_patient_reads_it() -> None:
    told = [case for case in PATIENT_CASES if case.name.startswith(("an answer after", "a patient writes first"))]
    assert len(told) == 3
    assert all("echange" in case.reason or "professionnel" in case.reason for case in told)
