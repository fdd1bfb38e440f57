"""Names, numbers and the qualified identity."""

import pytest

from mssmail.core.ins import is_right_ins
from mssmail.documents.cda import parse_cda
from tests.support.health import INS, REAL_OID, TEST_OID, make_cda


@pytest.mark.parametrize(
    ("number", "is_right"),
    [(INS, True), ("279035121518988", False), ("279032A21518915", False), ("27903512151898", False), ("", False)],
)
def test_the_key_of_an_ins(number: str, is_right: bool) -> None:
    assert is_right_ins(number) is is_right


def test_corsican_numbers_have_their_own_key() -> None:
    for letters, digits in (("2A", "19"), ("2B", "18")):
        key = 97 - int(f"27903{digits}215189") % 97
        assert is_right_ins(f"27903{letters}215189{key:02}")


@pytest.mark.parametrize(
    ("oid", "in_tests", "in_production"),
    [
        (REAL_OID, True, True),
        (TEST_OID, True, False),
        ("1.2.250.1.213.1.4.11", True, False),
        ("1.2.250.1.213.1.4.9", False, False),  # provisional
        ("1.2.250.1.213.1.4.13", False, False),  # a social security number, perhaps a parent's
        ("1.2.250.1.213.1.4.2", False, False),
    ],
)
def test_which_identities_are_qualified(oid: str, in_tests: bool, in_production: bool) -> None:
    patient = parse_cda(make_cda(oid=oid)).patient
    assert (patient.is_qualified(test_space=True), patient.is_qualified(test_space=False)) == (in_tests, in_production)


def test_a_wrong_key_or_a_missing_trait_is_not_qualified_but_shown() -> None:
    wrong = parse_cda(make_cda(ins="279035121518980")).patient
    assert (wrong.ins, wrong.is_qualified(test_space=True)) == ("279035121518980", False)
    assert not parse_cda(make_cda().replace(b'<birthTime value="19790315"/>', b"")).patient.is_qualified(
        test_space=True
    )


def test_the_birth_name_may_stand_in_a_second_name_and_a_spouse_never_gives_it() -> None:
    names = (
        b'<name use="L"><given>EVE</given><family qualifier="SP">SPOUSE</family></name>'
        b'<name use="SRCH"><family qualifier="BR">BIRTH</family></name>'
    )
    start = make_cda()
    first, last = start.index(b"<name>"), start.index(b"</name>") + len(b"</name>")
    patient = parse_cda(start[:first] + names + start[last:]).patient
    assert (patient.birth_family, patient.used_family, patient.first_birth_given) == ("BIRTH", "SPOUSE", "EVE")
    assert patient.shown == "BIRTH SPOUSE EVE 19790315"


def test_a_document_without_patient_has_an_empty_one() -> None:
    patient = parse_cda(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>').patient
    assert (patient.ins, patient.ins_kind, patient.shown) == (None, None, "")
