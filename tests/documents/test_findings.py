"""The order of evidence: what a result calls for, and what a document calls for."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.findings import (
    NEUTRAL_CODES,
    Assessment,
    Evidence,
    has_resistance,
    judge_document,
    judge_result,
)
from mssmail.documents.hprim import read_quantity, read_range

_CRITICAL, _ABNORMAL, _NORMAL = Assessment.CRITICAL, Assessment.ABNORMAL, Assessment.NORMAL
_UNASSESSED, _SUSCEPTIBILITY = Assessment.UNASSESSED, Assessment.SUSCEPTIBILITY


@pytest.mark.parametrize(
    ("flags", "assessment"),
    [
        (codes.split("+"), assessment)
        for assessment, cells in {
            _CRITICAL: "HH LL AA hh N+HH H+LL HH+E S+HH",
            _ABNORMAL: "H L A HU LU H> L< HX LX EX POS DET RR WR UNE N+H H+E R+H",
            _NORMAL: "N NEG ND NR EXP N+U <+N",
            _UNASSESSED: "E IE IND NCL CAR AC QCF TOX HM XYZ N+E",
            _SUSCEPTIBILITY: "S I R NS SDD SYN-S SYN-R N+S",
        }.items()
        for codes in cells.split()
    ],
)
def test_the_laboratory_decides_and_no_comparison_overrides_it(flags: list[str], assessment: Assessment) -> None:
    outside = Evidence(tuple(flags), value=read_quantity("99"), ranges=(read_range("1", "2"),))
    inside = Evidence(tuple(flags), value=read_quantity("1.5"), ranges=(read_range("1", "2"),))
    assert judge_result(outside).assessment is judge_result(inside).assessment is assessment


@pytest.mark.parametrize("flag", ["U", "D", "B", "W", "", " "])
def test_a_trend_judges_nothing(flag: str) -> None:
    ranges = (read_range("1", "2"),)
    assert judge_result(Evidence((flag,), read_quantity("3"), ranges=ranges)).assessment is _ABNORMAL
    assert judge_result(Evidence((flag,), read_quantity("1.5"), ranges=ranges)).assessment is _NORMAL
    assert judge_result(Evidence((flag,))).assessment is _UNASSESSED


@pytest.mark.parametrize(
    ("flag", "value", "assessment"),
    [
        (">", "33", _ABNORMAL),
        (">", "5", _UNASSESSED),  # more than 5: perhaps 500
        ("<", "0.1", _ABNORMAL),
        ("<", "5", _UNASSESSED),
    ],
)
def test_a_value_beyond_the_scale_is_never_normal_by_its_number(flag: str, value: str, assessment: Assessment) -> None:
    evidence = Evidence((flag,), read_quantity(value), ranges=(read_range("3.5", "6.1"),))
    assert judge_result(evidence).assessment is assessment


def test_outside_is_abnormal_and_never_critical() -> None:
    judgement = judge_result(Evidence(value=read_quantity("1000"), ranges=(read_range("3.5", "5.1"),)))
    assert (judgement.assessment, judgement.is_computed) == (_ABNORMAL, True)


def test_of_several_normal_intervals_all_must_agree() -> None:
    ranges = (read_range("1", "5"), read_range("2", "8"))
    found = [judge_result(Evidence(value=read_quantity(v), ranges=ranges)).assessment for v in ("3", "9", "6")]
    assert found == [_NORMAL, _ABNORMAL, _UNASSESSED]


def test_a_converted_value_calls_attention_but_does_not_reassure() -> None:
    def judge(converted: str) -> Assessment:
        second = read_quantity(converted)
        assert second is not None
        return judge_result(Evidence(converted=(second,), converted_ranges=(read_range("10", "40"),))).assessment

    assert (judge("9"), judge("20")) == (_ABNORMAL, _UNASSESSED)


@pytest.mark.parametrize(
    ("code", "system", "assessment"),
    [
        *((code, None, _ABNORMAL) for code in ["10828004", "260373001", "11214006", "1269497006", "LA6576-8"]),
        *((code, None, _NORMAL) for code in ["260385009", "260415000", "131194007", "77851000146104"]),
        *((code, None, _UNASSESSED) for code in ["373068000", "442754001", "125154007", "12345"]),
        *((f"MED-{n}", "1.2.250.1.213.1.1.4.322", _ABNORMAL) for n in (1194, 1200, 1209)),
        ("GEN-092.01.12", "1.2.250.1.213.1.1.4.322", _ABNORMAL),
        ("MED-1193", "1.2.250.1.213.1.1.4.322", _NORMAL),
        ("MED-1192", "1.2.250.1.213.1.1.4.322", _UNASSESSED),
        ("MED-1210", "1.2.250.1.213.1.1.4.322", _UNASSESSED),
        ("MED-1194", "1.2.3", _UNASSESSED),
    ],
)
def test_coded_values(code: str, system: str | None, assessment: Assessment) -> None:
    assert judge_result(Evidence(codes=((code, system),))).assessment is assessment
    assert judge_result(Evidence(codes=((code, system),), is_negated=True)).assessment is _UNASSESSED


def test_blood_groups_and_immunity_carry_no_alarm_unless_the_laboratory_says_so() -> None:
    for code in NEUTRAL_CODES:
        assert judge_result(Evidence(codes=(("10828004", None),), measured=code)).assessment is _UNASSESSED
        assert judge_result(Evidence(codes=(("260385009", None),), measured=code)).assessment is _UNASSESSED
    numeric = Evidence(value=read_quantity("120"), ranges=(read_range("", "10"),), measured="16935-9")
    assert judge_result(numeric).assessment is _UNASSESSED
    assert judge_result(Evidence(flags=("H",), measured="16935-9")).assessment is _ABNORMAL


def test_a_result_given_up_is_never_normal() -> None:
    given_up = Evidence(value=read_quantity("1.5"), ranges=(read_range("1", "2"),), is_final=False)
    assert judge_result(given_up).assessment is _UNASSESSED
    assert judge_result(Evidence(flags=("HH",), is_final=False)).assessment is _CRITICAL


@pytest.mark.parametrize(
    ("assessments", "is_laboratory", "has_scanned", "mark"),
    [
        ([_NORMAL, _ABNORMAL, _CRITICAL], True, True, Mark.CRITICAL),
        ([_NORMAL, _ABNORMAL, _UNASSESSED], True, False, Mark.ABNORMAL),
        ([_NORMAL, _UNASSESSED], True, False, Mark.UNASSESSED),
        ([_NORMAL], True, True, Mark.UNASSESSED),
        ([_NORMAL, _SUSCEPTIBILITY], True, False, Mark.NORMAL),
        ([_SUSCEPTIBILITY], True, False, Mark.UNASSESSED),
        ([_NORMAL], False, False, Mark.NORMAL),
        ([], True, False, Mark.UNASSESSED),
        ([], False, False, Mark.NONE),
        ([], False, True, Mark.UNASSESSED),
    ],
)
def test_the_mark_of_a_document(
    assessments: list[Assessment], is_laboratory: bool, has_scanned: bool, mark: Mark
) -> None:
    assert judge_document(assessments, is_laboratory=is_laboratory, has_scanned=has_scanned) is mark


def test_resistance_is_information_and_reactive_is_not_resistant() -> None:
    assert has_resistance(["R"])
    assert has_resistance(["NS"])
    assert not has_resistance(["RR", "S", "I", "NR"])
