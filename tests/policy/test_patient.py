"""Mail to and from patients: facts → answer, each rule with its switch."""

from dataclasses import replace

import pytest

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.decision import Accept, Refuse
from mssmail.core.exchange import Answered, ExchangeState
from mssmail.policy.patient import (
    PatientFacts,
    closes_exchange,
    is_patient,
    judge_patient_recipient,
    weigh_patient_message,
    weigh_patient_recipient,
)
from mssmail.policy.shadow import SHADOWABLE, settle
from mssmail.settings import Patient

DOCTOR, TEAM = parse_address("marie@a.test"), parse_address("team@a.test")
ALICE, PAUL = parse_address("279035121518989@patient.test"), parse_address("179032A21518933@patient.test")
WRONG = parse_address("279035121518900@patient.test")
ON = Patient(domains=("Patient.test",))
NONE, OPEN, CLOSED = ExchangeState.NONE, ExchangeState.OPEN, ExchangeState.CLOSED


@pytest.mark.parametrize(
    ("sender", "recipient", "size", "settings", "rule"),
    [
        (DOCTOR, ALICE, None, ON, "patient"),
        (DOCTOR, parse_address("179032a21518933@patient.test"), 1, ON, "patient"),
        (None, ALICE, 26_214_400, ON, "patient"),
        (DOCTOR, ALICE, 26_214_401, ON, "too-big-for-patient"),
        (DOCTOR, WRONG, None, ON, "patient-address"),
        (DOCTOR, parse_address("alice@patient.test"), None, ON, "patient-address"),
        (DOCTOR, WRONG, None, replace(ON, check_address=False), "patient"),
        (DOCTOR, WRONG, None, Patient(), "no-patient"),
        (ALICE, DOCTOR, 99_000_000, ON, "no-patient"),
        (ALICE, PAUL, None, ON, "patient-to-patient"),
    ],
)
def test_recipients(sender: ReversePath, recipient: Address, size: int | None, settings: Patient, rule: str) -> None:
    assert judge_patient_recipient(sender, recipient, size, settings).rule == rule


def _from(answered: Answered, *more: Answered) -> PatientFacts:
    return PatientFacts([ALICE], [DOCTOR], [DOCTOR], 1_000, answered=(answered, *more))


TO = PatientFacts([DOCTOR], [ALICE], [ALICE], 1_000)
FRESH = Answered(DOCTOR, NONE, NONE)


@pytest.mark.parametrize(
    ("facts", "settings", "rule"),
    [
        (TO, ON, "to-patient"),
        (replace(TO, recipients=[ALICE, DOCTOR], named=[ALICE, DOCTOR]), ON, "to-patient"),
        (replace(TO, recipients=[ALICE, PAUL]), ON, "several-patients"),
        (replace(TO, named=[ALICE, PAUL]), ON, "several-patients"),
        (replace(TO, named=[PAUL]), ON, "several-patients"),
        (replace(TO, named=[PAUL]), replace(ON, one_patient=False), "to-patient"),
        (replace(TO, named=[PAUL]), Patient(), "no-patient"),
        (replace(TO, octets=26_214_401), ON, "too-big-for-patient"),
        (replace(TO, octets=26_214_401), replace(ON, max_message_bytes=30_000_000), "to-patient"),
        (replace(TO, authors=[PAUL]), ON, "patient-to-patient"),
        (replace(TO, authors=[PAUL], is_report=True), ON, "no-patient"),
        (PatientFacts([DOCTOR], [TEAM], [ALICE, PAUL], 1), ON, "no-patient"),
        (_from(Answered(DOCTOR, OPEN, OPEN)), ON, "from-patient"),
        (_from(Answered(DOCTOR, NONE, OPEN)), ON, "from-patient"),
        (_from(Answered(DOCTOR, OPEN, OPEN)), replace(ON, require_thread=True), "from-patient"),
        (_from(Answered(DOCTOR, NONE, OPEN)), replace(ON, require_thread=True), "patient-no-thread"),
        (
            _from(Answered(DOCTOR, NONE, OPEN)),
            replace(ON, require_thread=True, professional_first=False),
            "from-patient",
        ),
        (_from(Answered(DOCTOR, CLOSED, OPEN)), ON, "exchange-closed"),
        (_from(Answered(DOCTOR, NONE, CLOSED)), ON, "exchange-closed"),
        (_from(Answered(DOCTOR, CLOSED, CLOSED)), replace(ON, honour_closing=False), "from-patient"),
        (_from(FRESH), ON, "patient-first"),
        (_from(FRESH), replace(ON, professional_first=False), "from-patient"),
        (_from(Answered(DOCTOR, OPEN, OPEN), Answered(TEAM, CLOSED, CLOSED)), ON, "exchange-closed"),
        (replace(_from(FRESH), is_report=True), ON, "no-patient"),
        (_from(FRESH), Patient(), "no-patient"),
    ],
)
def test_messages(facts: PatientFacts, settings: Patient, rule: str) -> None:
    assert settle(weigh_patient_message(facts, settings)).decision.rule == rule


def test_a_patient_is_told_in_french_what_to_do() -> None:
    closed = settle(weigh_patient_message(_from(Answered(DOCTOR, CLOSED, CLOSED)), ON)).decision
    first = settle(weigh_patient_message(_from(FRESH), ON)).decision
    assert isinstance(closed, Refuse)
    assert isinstance(first, Refuse)
    assert "Cet echange est clos" in closed.reply.text
    assert "vous ecrive de nouveau" in closed.reply.text
    assert "Seul un professionnel peut ouvrir un echange" in first.reply.text
    assert max(len(str(each.reply)) for each in (closed, first)) < 450  # a reply line has room for the id as well


@pytest.mark.parametrize(
    ("mes", "subject", "mark", "closes"),
    [
        ("FIN", "", "[FIN]", True),
        (" fin ", "", "", True),
        ("", "Résultats [fin]", "[FIN]", True),
        ("", "Résultats [FIN]", "", False),
        ("", "La fin", "[FIN]", False),
        ("DEBUT", "", "[FIN]", False),
    ],
)
def test_who_closes(mes: str, subject: str, mark: str, *, closes: bool) -> None:
    assert closes_exchange(mes, subject, replace(ON, closing_mark=mark)) is closes


def test_nobody_is_no_patient() -> None:
    assert not is_patient(None, ON)


def test_nothing_is_asked_of_mail_that_has_nothing_to_do_with_patients() -> None:
    rcpt = list(weigh_patient_recipient(DOCTOR, DOCTOR, None, ON))
    data = list(weigh_patient_message(replace(TO, is_report=True), ON))
    assert rcpt == data == [Accept("no-patient")]


def test_every_rule_is_told_when_all_are_in_shadow() -> None:
    wrong = parse_address(f"alice@{ALICE.domain}")
    facts = PatientFacts([PAUL], [ALICE, wrong], [], 30_000_000)
    settled = settle(weigh_patient_message(facts, ON), SHADOWABLE)
    told = ["patient-to-patient", "patient-address", "several-patients", "too-big-for-patient"]
    assert [each.rule for each in settled.passed] == told
    assert settled.decision.rule == "to-patient"
    answers = settle(weigh_patient_message(_from(Answered(DOCTOR, CLOSED, CLOSED), FRESH), ON), SHADOWABLE)
    assert [each.rule for each in answers.passed] == ["exchange-closed", "patient-first"]
    assert answers.decision.rule == "from-patient"
    asked = settle(weigh_patient_recipient(PAUL, wrong, 30_000_000, ON), SHADOWABLE)
    assert [each.rule for each in asked.passed] == ["patient-to-patient", "patient-address", "too-big-for-patient"]
