"""HPRIM Santé segments."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents.hprim_sante import is_hprim_sante, parse_hprim_sante
from mssmail.errors import BadDocument

_HEAD = "H|~^\\&|file||LABO||ORU|||||||H2.1^C|202603101200\r"
_PATIENT = "P|1|12345~X|||FICTIF~ALICE||19790315|F\r"


def _parse(*results: str, end: str = "L|1\r") -> tuple[Mark, list[str]]:
    lines = "".join(f"{result}\r" for result in results)
    file = parse_hprim_sante(f"{_HEAD}{_PATIENT}OBR|1|1||NFS\r{lines}{end}".encode())
    return file.mark, [each.assessment.value for each in file.records[0].results]


@pytest.mark.parametrize(
    ("result", "assessment"),
    [
        ("OBX|1|NM|K~Potassium||6.9|mmol/l|3.5-5.1|HH|||F", "critical"),
        ("OBX|1|NM|K~Potassium||6,9|mmol/l|3,5-5,1||||F", "abnormal"),
        ("OBX|1|NM|K~Potassium||4.2|mmol/l|3.5 à 5.1|U|||F", "normal"),
        ("OBX|1|NM|K~Potassium||4.2|mmol/l|< 5||||F", "normal"),
        ("OBX|1|NM|K~Potassium||4.2|mmol/l|see text||||F", "unassessed"),
        ("OBX|1|NM|K~Potassium||4.2|mmol/l|3.5-5.1|H^HH|||F", "critical"),
        ("OBX|1|CE|X||3||1-2||||F", "unassessed"),
        ("OBX|1|ST|ATB~Amox||R|||R|||F", "susceptibility"),
    ],
)
def test_results(result: str, assessment: str) -> None:
    assert _parse(result)[1] == [assessment]


def test_deleted_results_do_not_count_and_a_segment_may_be_continued() -> None:
    assert _parse("OBX|1|NM|K||6.9|||HH|||X", "OBX|2|NM|K||4.2|mmol/l|3.5-5.1|", "A|N|||F") == (Mark.NORMAL, ["normal"])


def test_the_patient_is_read_and_a_missing_end_is_told() -> None:
    file = parse_hprim_sante((_HEAD + _PATIENT).encode())
    assert (file.records[0].patient.shown, file.doubt) == ("FICTIF ALICE 19790315", "a record breaks off")
    assert file.mark is Mark.UNASSESSED


def test_recognised_by_its_first_line() -> None:
    assert is_hprim_sante(_HEAD.encode())
    assert not is_hprim_sante(b"Hello|there")
    with pytest.raises(BadDocument, match="no patient"):
        parse_hprim_sante(_HEAD.encode())
