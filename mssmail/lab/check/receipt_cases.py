"""Receipts in the lab: asked for rightly they come, signed and once; asked for somebody else they do not."""

import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD, SUD
from mssmail.lab.check.document_cases import BROKEN
from mssmail.lab.check.documents import attach
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.patient_cases import add_fields
from mssmail.lab.check.stage import Stage, find_verdict
from mssmail.lab.check.submission import find_messages, is_report, submit_to_many
from mssmail.mime.parts import scan
from mssmail.mime.receipt import read_receipt

_PATIENCE_SECONDS = 20.0
_SILENCE_SECONDS = 3.0


def find_receipts(stage: Stage, address: str, letter: Letter, seconds: float = _PATIENCE_SECONDS) -> list[bytes]:
    """The receipts about this letter in the account's INBOX; waits so long for the first."""
    deadline = time.monotonic() + seconds
    while True:
        left = max(deadline - time.monotonic(), 0.1)
        found = find_messages(stage, address, "TEXT", f'"{letter.message_id}"', seconds=left)
        receipts = [each for each in found if _tells_of(each, letter)]
        if receipts or time.monotonic() > deadline:
            return receipts
        time.sleep(0.1)


def _tells_of(message: bytes, letter: Letter) -> bool:
    received = read_receipt(message, scan(message))
    return received is not None and received.original_message_id == letter.message_id


def _ask(author: str = SUD, to: str = LABO, **fields: str) -> Callable[[Stage], Letter]:
    def build(stage: Stage) -> Letter:
        return add_fields(build_letter(author, to), **({"Disposition_Notification_To": author} | fields))

    return build


def _exchange(stage: Stage, letter: Letter) -> list[bytes] | str:
    """The receipts that came for the letter, or what came instead."""
    answer = stage.submit(letter, SUD, LABO)
    if not answer.startswith("250"):
        return answer
    return find_receipts(stage, SUD, letter) or "no receipt came"


def _expect_receipt(stage: Stage) -> str:
    receipts = _exchange(stage, _ask()(stage))
    if isinstance(receipts, str):
        return receipts
    received = read_receipt(receipts[0], scan(receipts[0]))
    kind = "" if received is None else received.disposition
    return f"{len(receipts)} receipt, {kind}, {find_verdict(receipts[0])}"


def _expect_failure(stage: Stage) -> str:
    """A document that cannot be read comes back, with code, subject form and the letter itself."""
    letter = add_fields(attach(SUD, LABO, BROKEN), Disposition_Notification_To=SUD)
    receipts = _exchange(stage, letter)
    if isinstance(receipts, str):
        return receipts
    received = read_receipt(receipts[0], scan(receipts[0]))
    subject = str(message_from_bytes(receipts[0], policy=default)["Subject"])
    errors = "" if received is None else " ".join(received.errors)
    original = "original attached" if b"\r\nContent-Type: message/rfc822" in receipts[0] else "NO ORIGINAL"
    return f"{errors}, {original}, {find_verdict(receipts[0])}, {subject}"


def _expect_silence(build: Callable[[Stage], Letter], to: str = LABO) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        letter = build(stage)
        answer = stage.submit(letter, SUD, to)
        if not answer.startswith("250"):
            return answer
        if stage.fetch(to, letter) is None:
            return "did not arrive"
        witnesses = (SUD, NORD)
        found = [each for each in witnesses if find_receipts(stage, each, letter, _SILENCE_SECONDS)]
        return f"A RECEIPT for {found[0]}" if found else "silence"

    return play


def _expect_both(stage: Stage) -> str:
    """A delivery report of success and a receipt for the same message, each once and none about the other."""
    letter = _ask()(stage)
    answer = submit_to_many(stage, letter, SUD, [LABO], rcpt="NOTIFY=SUCCESS,FAILURE")
    if not answer.startswith("250"):
        return answer
    receipts = find_receipts(stage, SUD, letter)
    reports = [each for each in find_messages(stage, SUD, "TEXT", f'"{letter.message_id}"') if _is_success(each)]
    return f"{len(reports)} report of success, {len(receipts)} receipt"


def _is_success(message: bytes) -> bool:
    return any(is_report(message, action) for action in ("delivered", "relayed"))


RECEIPT_CASES = (
    Case("a machine's account answers a request", "1 receipt, processed, smime=pass", _expect_receipt),
    Case(
        "a machine's account gets an unreadable document",
        "906^Autre erreur, original attached, smime=pass, [KO Intégration système !][906] XDM/1.0/DDM+",
        _expect_failure,
    ),
    Case("a receipt asked for somebody else", "silence", _expect_silence(_ask(Disposition_Notification_To=NORD))),
    Case("a receipt asked by a machine", "silence", _expect_silence(_ask(Auto_Submitted="auto-generated"))),
    Case("a receipt asked of a person", "silence", _expect_silence(_ask(to=NORD), NORD)),
    Case("NOTIFY=SUCCESS and a receipt", "1 report of success, 1 receipt", _expect_both),
)
