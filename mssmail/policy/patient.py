"""Mail between professionals and patients: may it pass?

The rules of the citizens' messaging (Mon espace santé): the address is the INS, professionals write first and close,
one patient a message, 25 MB. Each is a setting, and without a patients' domain there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from mssmail.core.address import Address, ReversePath, normalise_domain
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.exchange import Answered, ExchangeState
from mssmail.core.ins import is_right_ins
from mssmail.core.reply import quote_text
from mssmail.policy.shadow import settle
from mssmail.settings import Patient

_CLOSED = (
    "Cet echange est clos. Pour reprendre contact, attendez que le professionnel vous ecrive de nouveau, ou appelez-le"
    " / This exchange is closed; a new one opens when the professional writes to you again"
)
_NOT_OPENED = (
    "Seul un professionnel peut ouvrir un echange: il doit vous ecrire d'abord"
    " / Only a professional can open an exchange, by writing to you first"
)


def is_patient(address: ReversePath, settings: Patient) -> bool:
    """The address lies in a patients' domain."""
    return address is not None and address.domain in _normalise(settings.domains)


@cache
def _normalise(domains: tuple[str, ...]) -> frozenset[str]:
    """As addresses have them; the start has seen to it that they are domains."""
    return frozenset(map(normalise_domain, domains))


def judge_patient_recipient(sender: ReversePath, recipient: Address, size: int | None, settings: Patient) -> Decision:
    """Answer RCPT TO where recipient or sender is a patient; ``size`` is what MAIL announced."""
    return settle(weigh_patient_recipient(sender, recipient, size, settings)).decision


def weigh_patient_recipient(
    sender: ReversePath, recipient: Address, size: int | None, settings: Patient
) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    if not is_patient(recipient, settings):
        yield Accept("no-patient")
        return
    if is_patient(sender, settings):
        yield _refuse_patients()
    yield _refuse_address(recipient, settings)
    yield _refuse_size(size, settings)
    yield Accept("patient")


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is weighed at the end of DATA.

    ``named`` are all addresses of the recipient fields; ``answered`` is there for mail from a patient, one for each
    professional it goes to; ``is_report``: a delivery report or a receipt.
    """

    authors: Sequence[Address]
    recipients: Sequence[Address]
    named: Sequence[Address]
    octets: int
    is_report: bool = False
    answered: Sequence[Answered] = ()


def weigh_patient_message(facts: PatientFacts, settings: Patient) -> Iterator[Decision | None]:
    """Answer the end of DATA of mail to or from a patient, rule by rule, for ``policy.shadow.settle``.

    All that RCPT asks is asked once more. Reports and receipts pass: they open and answer nothing.
    """
    if not settings.domains or facts.is_report:
        yield Accept("no-patient")
        return
    patients = {each.key: each for each in facts.recipients if is_patient(each, settings)}
    is_from_patient = any(is_patient(each, settings) for each in facts.authors)
    if patients and is_from_patient:
        yield _refuse_patients()
    if patients:
        yield from (_refuse_address(each, settings) for each in patients.values())
        yield _judge_number(facts, set(patients), settings)
        yield _refuse_size(facts.octets, settings)
        yield Accept("to-patient")
    if is_from_patient:
        yield from (_judge_answer(answered, settings) for answered in facts.answered)
        yield Accept("from-patient")
    yield Accept("no-patient")


def _judge_number(facts: PatientFacts, patients: set[str], settings: Patient) -> Refuse | None:
    """One patient gets it and is named: two would read of each other."""
    everybody = patients | {each.key for each in facts.named if is_patient(each, settings)}
    if not settings.one_patient or len(everybody) == 1:
        return None
    text = f"One patient a message: this one is for {len(everybody)}; write to each on their own (ECO.2.1.1)"
    return refuse("several-patients", 550, "5.7.1", text)


def _judge_answer(answered: Answered, settings: Patient) -> Refuse | None:
    if answered.named is ExchangeState.OPEN:
        return None
    is_closed = answered.named is ExchangeState.CLOSED
    if answered.named is ExchangeState.NONE:
        if settings.require_thread:
            return refuse("patient-no-thread", 550, "5.7.1", _NOT_OPENED) if settings.professional_first else None
        if answered.any is ExchangeState.OPEN:
            return None
        is_closed = answered.any is ExchangeState.CLOSED
    if is_closed:
        return refuse("exchange-closed", 550, "5.7.1", _CLOSED) if settings.honour_closing else None
    return refuse("patient-first", 550, "5.7.1", _NOT_OPENED) if settings.professional_first else None


def _refuse_address(patient: Address, settings: Patient) -> Refuse | None:
    if not settings.check_address or is_right_ins(patient.local.upper()):
        return None
    shown = quote_text(patient.local, 60)
    text = f"{shown} is no INS with a right key: a patient's address is the 15-character INS @{patient.domain}"
    return refuse("patient-address", 550, "5.1.3", text)


def _refuse_size(octets: int | None, settings: Patient) -> Refuse | None:
    if octets is None or octets <= settings.max_message_bytes:
        return None
    text = f"Message too big for a patient: {settings.max_message_bytes} octets are taken there"
    return refuse("too-big-for-patient", 552, "5.3.4", text)


def _refuse_patients() -> Refuse:
    return refuse("patient-to-patient", 550, "5.7.1", "Patients write to professionals only")


def closes_exchange(mes: str, subject: str, settings: Patient) -> bool:
    """The professional's message says that no answer is wanted: ``X-MSS-MES: FIN`` or the mark in its subject."""
    mark = settings.closing_mark.casefold()
    return mes.strip().upper() == "FIN" or bool(mark and mark in subject.casefold())
