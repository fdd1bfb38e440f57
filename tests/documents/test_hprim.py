"""HPRIM Médecin texts, as laboratories' modems left them."""

import pytest

from mssmail.core.findings import Mark
from mssmail.documents import hprim
from mssmail.documents.findings import NEUTRAL_CODES, Assessment
from mssmail.documents.hprim import decode_hprim, parse_hprim, read_result
from mssmail.errors import BadDocument
from tests.support.health import make_hprim

_HIGH = "RES|POTASSIUM|K|N|6.9|mmol/l|3.5|5.1|HH|F"
_LOW = "RES|SODIUM|NA|N|131|mmol/l|136|145|L|F"
_RIGHT = "RES|SODIUM|NA|N|140|mmol/l|136|145|N|F"


def _assess(line: str) -> str | None:
    result = read_result(line, NEUTRAL_CODES)
    return None if result is None else result.assessment.value


@pytest.mark.parametrize(
    ("line", "assessment"),
    [
        (_HIGH, "critical"),
        (_LOW, "abnormal"),
        (_RIGHT, "normal"),
        ("RES|K|K|N|6,9|mmol/l|3,5|5,1||F", "abnormal"),
        ("RES|K|K|N|4,2|mmol/l|3,5|5,1||F", "normal"),
        ("RES|K|K|N|4,2|mmol/l||5,1", "normal"),
        ("RES|K|K|N|> 10|mmol/l||5,1", "abnormal"),
        ("RES|K|K|N|4,2", "unassessed"),
        ("RES|K|K|N||mmol/l|3|5", "unassessed"),
        ("RES|CRP|CRP|A|&lt; 0.12 mg/l||||N|F", "normal"),
        ("RES|CRP|CRP|A|< 0.12 mg/l|||||F", "unassessed"),
        ("RES|X|X|C|3||1|2||F", "unassessed"),
        ("RES|Lymphocytes|ly|N|33|%|||L|F|964|/mm3|1000|4000", "abnormal"),
        ("RES|Lymphocytes|ly|N|33|%||||F|964|/mm3|1000|4000", "abnormal"),
        ("RES|Lymphocytes|ly|N|33|%||||F|1964|/mm3|1000|4000", "unassessed"),
        ("RES|K|K|N|6.9|mmol/l|3.5|5.1|HH|D", None),
        ("RES|K|K|N|6.9|mmol/l|3.5|5.1|HH|x", None),
        ("RES||IGET 005|A", None),
        ("RES|", None),
    ],
)
def test_result_lines(line: str, assessment: str | None) -> None:
    assert _assess(line) == assessment


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_line_end_and_charset(end: str, charset: str) -> None:
    text = make_hprim(_RIGHT.replace("SODIUM", "Hématies"), family="LÉVÊQUE").replace("\r\n", end)
    record = parse_hprim(text.encode(charset)).records[0]
    assert (record.patient.family, record.results[0].label) == ("LÉVÊQUE", "Hématies")
    assert (record.is_complete, record.is_coded, record.mark) == (True, True, Mark.NORMAL)


def test_an_old_macintosh_is_recognised_by_its_e_acute() -> None:
    assert decode_hprim("Hémoglobine".encode("mac_roman")) == "Hémoglobine"


def test_the_header_is_read() -> None:
    record = parse_hprim(make_hprim(_HIGH).encode()).records[0]
    assert (record.patient.id, record.patient.given, record.patient.birthdate) == ("0000012345", "ALICE", "15/03/1979")
    assert (record.report_number, record.date, record.sender) == ("260310-1", "10/03/2026", "LABORATOIRE INVENTE")
    assert record.patient.shown == "FICTIF ALICE 15/03/1979"


def test_without_coded_block_nothing_is_assessed_whatever_the_text_prints() -> None:
    record = parse_hprim(make_hprim().encode()).records[0]
    assert (record.is_coded, record.mark) == (False, Mark.UNASSESSED)


def test_a_record_whose_results_were_all_cancelled_is_unassessed() -> None:
    assert parse_hprim(make_hprim(_HIGH[:-1] + "D").encode()).mark is Mark.UNASSESSED


def test_several_patients_are_marked_by_the_gravest_and_not_filed() -> None:
    text = make_hprim(_RIGHT) + make_hprim(_HIGH, family="AUTRE") + "****FINFICHIER****\r\n"
    file = parse_hprim(text.encode())
    assert (len(file.records), file.mark, file.distinct_patients) == (2, Mark.CRITICAL, 2)
    assert file.doubt == "several patients"


def test_two_reports_on_one_patient_are_one_patient() -> None:
    file = parse_hprim((make_hprim(_RIGHT) + make_hprim(_LOW, nir="2790351215189 89")).encode())
    assert (file.distinct_patients, file.doubt) == (1, "")
    namesakes = parse_hprim((make_hprim(_RIGHT) + make_hprim(_LOW, nir="179035121518989")).encode())
    assert namesakes.distinct_patients == 2


def test_a_record_that_breaks_off_is_marked_all_the_same() -> None:
    file = parse_hprim(make_hprim(_HIGH, end=False).encode())
    assert (file.mark, file.doubt) == (Mark.CRITICAL, "a record breaks off")


def test_results_behind_a_damaged_header_are_not_lost() -> None:
    text = make_hprim(_RIGHT) + make_hprim(_HIGH, birthdate="unknown")
    file = parse_hprim(text.encode())
    assert (file.mark, file.records[1].is_headed) == (Mark.CRITICAL, False)
    assert file.doubt


def test_invalid_text_after_the_end_is_passed_over() -> None:
    file = parse_hprim((make_hprim(_RIGHT) + "\r\nsome signature\r\n").encode())
    assert (len(file.records), file.doubt) == (1, "")


def test_blank_lines_in_front_are_forgiven() -> None:
    assert parse_hprim(("\r\n\r\n" + make_hprim(_HIGH)).encode()).mark is Mark.CRITICAL


@pytest.mark.parametrize("text", ["", "Dear colleague,\r\n" * 20, make_hprim(family=""), make_hprim(birthdate="x")])
def test_ordinary_text_is_no_hprim(text: str) -> None:
    with pytest.raises(BadDocument, match="not an HPRIM"):
        parse_hprim(text.encode())


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hprim, "MAX_RESULTS", 1)
    with pytest.raises(BadDocument, match="too large"):
        parse_hprim(make_hprim(_RIGHT, _RIGHT).encode())
    with pytest.raises(BadDocument, match="too large"):
        parse_hprim(b" " * 21_000_000)
    monkeypatch.setattr(hprim, "MAX_RECORDS", 1)
    with pytest.raises(BadDocument, match="too large"):
        parse_hprim((make_hprim() + make_hprim()).encode())


def test_every_judgement_is_one_of_the_assessments() -> None:
    assert {_assess(line) for line in (_HIGH, _LOW, _RIGHT)} < {each.value for each in Assessment}
