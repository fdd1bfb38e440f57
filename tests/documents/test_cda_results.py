"""Which observations are results, and what is read of them."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents import cda_results
from mssmail.documents.cda import parse_cda
from mssmail.documents.cda_results import Result
from mssmail.documents.findings import Assessment
from mssmail.errors import BadDocument
from tests.support.health import CRITICAL, NORMAL, make_cda, make_quantity, make_result


def _read(*results: str) -> list[Result]:
    return list(parse_cda(make_cda(*results)).results)


def _assess(*results: str) -> list[Assessment]:
    return [result.assessment for result in _read(*results)]


def test_earlier_results_never_count() -> None:
    earlier = f'<entryRelationship typeCode="REFR">{CRITICAL}</entryRelationship>'
    assert _assess(make_result(flags=["N"], more=earlier)) == [Assessment.NORMAL]


def test_results_nested_otherwise_count() -> None:
    nested = f'<entryRelationship typeCode="COMP">{CRITICAL}</entryRelationship>'
    assert _assess(make_result(flags=["N"], more=nested)) == [Assessment.NORMAL, Assessment.CRITICAL]


def test_vital_signs_are_no_results() -> None:
    assert _read(make_result(flags=["L"]).replace("1.3.6.1.4.1.19376.1.3.1.6", "1.2.3")) == []


def test_the_judgement_on_the_interval_is_not_the_result_s() -> None:
    assert _assess(make_result(value=make_quantity("6"), range_flag="H")) == [Assessment.UNASSESSED]
    assert _assess(make_result(value=make_quantity("4"), range_flag="HH")) == [Assessment.UNASSESSED]
    assert _assess(make_result(value=make_quantity("4"), range_flag="")) == [Assessment.NORMAL]
    assert _read(make_result(range_flag="H"))[0].shown_range is None


@pytest.mark.parametrize(
    ("value", "assessment"),
    [
        (make_quantity("6.9"), Assessment.ABNORMAL),
        (make_quantity("6.9", "mg/L"), Assessment.UNASSESSED),
        ('<value xsi:type="PQ" nullFlavor="NI"/>', Assessment.UNASSESSED),
        ('<value xsi:type="PQ" value="" unit="mmol/L"/>', Assessment.UNASSESSED),
        ('<value xsi:type="IVL_PQ"><low value="33" unit="mmol/L"/></value>', Assessment.ABNORMAL),
        ('<value xsi:type="IVL_PQ"><high value="1" unit="mmol/L"/></value>', Assessment.ABNORMAL),
        ('<value xsi:type="IVL_PQ"><low value="4" unit="mmol/L"/></value>', Assessment.UNASSESSED),
        ('<value xsi:type="ST">6.9 mmol/L</value>', Assessment.UNASSESSED),
        ('<value xsi:type="CD" code="10828004"/>', Assessment.ABNORMAL),
        ('<value xsi:type="CD" nullFlavor="OTH"><translation code="10828004"/></value>', Assessment.ABNORMAL),
        ('<value xsi:type="CD"><originalText><reference value="#x"/></originalText></value>', Assessment.UNASSESSED),
        ('<value xsi:type="PQ" value="700" unit="mg/L"><translation value="17.9" unit="mmol/L"/></value>',
         Assessment.ABNORMAL),
        ("", Assessment.UNASSESSED),
    ],
)  # fmt: skip
def test_values_without_flag(value: str, assessment: Assessment) -> None:
    assert _assess(make_result(value=value)) == [assessment]


@pytest.mark.parametrize("kind", ["REAL", "INT"])
def test_numbers_without_unit_are_compared_with_bounds_without_unit(kind: str) -> None:
    result = make_result(value=f'<value xsi:type="{kind}" value="9"/>', unit="")
    assert _assess(result.replace(' unit=""', "")) == [Assessment.ABNORMAL]
    assert _assess(make_result(value=f'<value xsi:type="{kind}" value="9"/>')) == [Assessment.UNASSESSED]


def test_a_flag_in_a_translation_is_read_when_it_is_of_the_common_system() -> None:
    flagged = make_result().replace(
        "<referenceRange>",
        '<interpretationCode nullFlavor="OTH"><translation code="HH" codeSystem="2.16.840.1.113883.5.83"/>'
        "</interpretationCode><referenceRange>",
    )
    assert _assess(flagged) == [Assessment.CRITICAL]


def test_a_local_code_is_read_from_its_translation() -> None:
    local = make_result(flags=["N"]).replace(
        '<code code="2823-3" codeSystem="2.16.840.1.113883.6.1" displayName="Analysis 2823-3"/>',
        '<code nullFlavor="UNK"><translation code="1234" codeSystem="1.2.3" displayName="CRP"/></code>',
    )
    result = _read(local)[0]
    assert (result.code, result.is_loinc, result.label) == ("1234", False, "CRP")


def test_an_aborted_result_is_shown_as_not_performed() -> None:
    result = _read(make_result(status="aborted"))[0]
    assert (result.was_performed, result.assessment) == (False, Assessment.UNASSESSED)


def test_prefixes_do_not_matter_inside_a_style_sheet() -> None:
    inner = make_cda(make_result(value=make_quantity("6.9"))).decode().partition("?>")[2]
    prefixed = (
        inner.replace("<", "<c:").replace("<c:/", "</c:").replace('xmlns="', 'xmlns:c="').replace('"PQ"', '"c:PQ"')
    )
    wrapped = f'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"><d>{prefixed}</d></x:stylesheet>'
    document = parse_cda(wrapped.encode())
    assert (document.is_wrapped, document.mark) == (True, Mark.ABNORMAL)


def test_too_many_results_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cda_results, "MAX_RESULTS", 2)
    assert len(_read(NORMAL, NORMAL)) == 2
    with pytest.raises(BadDocument, match="too large"):
        _read(NORMAL, NORMAL, NORMAL)


def _relate(kind: str, result: str) -> str:
    return f'<entryRelationship typeCode="{kind}">{result}</entryRelationship>'


def test_earlier_results_are_passed_by_however_deep_they_stand() -> None:
    earlier = make_result("2823-3", flags=["HH"])
    for _ in range(20):
        earlier = make_result("2823-3", flags=["HH"], more=_relate("REFR", earlier))
    kept = make_result("2951-2", flags=["N"], more=_relate("REFR", earlier))
    beside = make_result("718-7", flags=["L"], more=_relate("COMP", NORMAL))
    document = parse_cda(make_cda(kept, beside))
    assert [result.code for result in document.results] == ["2951-2", "718-7", "2951-2"]
    assert document.mark is Mark.ABNORMAL
