"""What the extensions of SMTP promise: reports as they were asked for, chunks, and one message for one message."""

import smtplib

from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, SUD
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.stage import Stage, encode_answer, find_verdict
from mssmail.lab.check.submission import find_report, submit_to_many

_NOBODY = f"personne-{SUD}"
_SILENCE_SECONDS = 1.0


def _name_to_the_letter(stage: Stage) -> str:
    """The author's own names for message and recipient come back from the other operator, case included."""
    letter = build_letter(LABO, SUD)
    asked = f"NOTIFY=success,Failure ORCPT=rfc822;{SUD.title().replace('+', '+2B')}"
    answer = submit_to_many(stage, letter, LABO, [SUD], mail="RET=HDRS ENVID=Envoi+2B1", rcpt=asked)
    if not answer.startswith("250"):
        return answer
    report = find_report(stage, LABO, letter, "delivered")
    if report is None:
        return "no report came"
    names = (b"\r\nOriginal-Envelope-Id: Envoi+1\r\n", f"\r\nOriginal-Recipient: rfc822; {SUD.title()}\r\n".encode())
    found = "to the letter" if all(name in report for name in names) else "CHANGED"
    return f"{found}, {'header' if b'text/rfc822-headers' in report else 'MORE'}, {find_verdict(report)}"


def _return_all(stage: Stage) -> str:
    letter = build_letter(LABO, _NOBODY)
    answer = submit_to_many(stage, letter, LABO, [_NOBODY], mail="RET=FULL", rcpt="NOTIFY=FAILURE")
    if not answer.startswith("250"):
        return answer
    report = find_report(stage, LABO, letter, "failed")
    if report is None:
        return "no report came"
    return "returned whole" if b"message/rfc822" in report and b"Biologie du jour" in report else "HEADER ONLY"


def _keep_silent(stage: Stage) -> str:
    """NOTIFY=NEVER first, then the same asking for failures: when that one's report is there, there is no other."""
    silent, loud = build_letter(LABO, _NOBODY), build_letter(LABO, _NOBODY)
    for letter, asked in ((silent, "NOTIFY=NEVER"), (loud, "NOTIFY=FAILURE")):
        answer = submit_to_many(stage, letter, LABO, [_NOBODY], rcpt=asked)
        if not answer.startswith("250"):
            return answer
    if find_report(stage, LABO, loud, "failed") is None:
        return "no report came"
    return "A REPORT" if find_report(stage, LABO, silent, "failed", _SILENCE_SECONDS) else "silence"


def _submit_chunks(stage: Stage, letter: Letter, *chunks: bytes) -> str:
    """MAIL, RCPT, then these chunks; the answer to the last."""
    account = stage.account(LABO)
    with smtplib.SMTP("127.0.0.1", stage.operator_of(LABO).ports.submission, timeout=60) as smtp:
        smtp.starttls(context=stage.build_context(None))
        smtp.login(account.address, account.password)
        smtp.docmd(f"MAIL FROM:<{LABO}>")
        smtp.docmd(f"RCPT TO:<{SUD}>")
        answer = (0, b"")
        for number, chunk in enumerate(chunks, 1):
            last = " LAST" if number == len(chunks) else ""
            smtp.send(f"BDAT {len(chunk)}{last}\r\n".encode() + chunk)
            answer = smtp.getreply()
        return encode_answer(*answer)


def _send_chunks(stage: Stage) -> str:
    letter = build_letter(LABO, SUD, size=100_000)
    answer = _submit_chunks(stage, letter, letter.data[:70_001], letter.data[70_001:], b"")
    if not answer.startswith("250"):
        return answer
    fetched = stage.fetch(SUD, letter)
    return "did not arrive" if fetched is None else f"arrived, {find_verdict(fetched)}"


def _smuggle(stage: Stage) -> str:
    letter = build_letter(LABO, SUD)
    evil = f"\n.\nMAIL FROM:<{LABO}>\nRCPT TO:<{SUD}>\nDATA\nevil\n.\n".encode()
    return _submit_chunks(stage, letter, letter.data, evil)


EXTENSION_CASES = (
    Case("NOTIFY=SUCCESS, ENVID and ORCPT between operators", "to the letter, header, smime=pass", _name_to_the_letter),
    Case("RET=FULL for a recipient who does not exist", "returned whole", _return_all),
    Case("NOTIFY=NEVER for a recipient who does not exist", "silence", _keep_silent),
    Case("a message in chunks", "arrived, smime=pass", _send_chunks),
    Case("a second message smuggled into a chunk", "550 5.6.0", _smuggle),
)
