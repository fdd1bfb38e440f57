"""A professional and two patients: who may write, who closes, and what is refused with which words."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mssmail.core.trace import build_id
from mssmail.lab.build import PATIENT_DOMAIN
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD, SIGNED_HERE
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.stage import Stage, find_verdict
from mssmail.lab.check.submission import find_messages, submit_to_many

ALICE, PAUL = (f"{ins}@{PATIENT_DOMAIN}" for ins in ("279035121518989", "179032A21518933"))
STRANGER = f"279035121518900@{PATIENT_DOMAIN}"  # the key is wrong
_MEGABYTE = 1_000_000


def add_fields(letter: Letter, **fields: str) -> Letter:
    """The unsigned letter with more header fields; ``_`` in a name stands for ``-``."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return Letter(letter.message_id, lines.encode() + letter.data)


def _send(stage: Stage, author: str, to: str, letter: Letter) -> str:
    answer = stage.submit(letter, author, to)
    if not answer.startswith("250"):
        return answer
    return stage.describe_arrival(to, letter).replace("OTHER BYTES", "signed by the operator")


def _answer_to(stage: Stage, opening: Letter) -> str:
    answer = add_fields(build_letter(ALICE, NORD, subject="Re: Suivi"), In_Reply_To=opening.message_id)
    return _send(stage, ALICE, NORD, answer)


def _open(stage: Stage, subject: str = "Suivi", **fields: str) -> tuple[Letter, str]:
    opening = add_fields(build_letter(NORD, ALICE, subject=subject), **fields)
    return opening, _send(stage, NORD, ALICE, opening)


def _write_and_answer(stage: Stage) -> str:
    opening, came = _open(stage)
    return came if not came.startswith(SIGNED_HERE) else _answer_to(stage, opening)


def _answer_closed(subject: str = "Suivi", **fields: str) -> Callable[[Stage], str]:
    """Opened, then closed in the same thread, then answered."""

    def play(stage: Stage) -> str:
        opening, came = _open(stage)
        closing, closed = _open(stage, subject, References=opening.message_id, **fields)
        if not came.startswith(SIGNED_HERE) or not closed.startswith(SIGNED_HERE):
            return f"{came}; {closed}"
        return _answer_to(stage, closing)

    return play


def _open_again(stage: Stage) -> str:
    closed = _answer_closed(X_MSS_MES="FIN")(stage)
    return _write_and_answer(stage) if closed.startswith("550") else closed


def _submit(to: str, size: int = 0, author: str = NORD) -> Callable[[Stage], str]:
    return lambda stage: stage.submit(build_letter(author, to, size=size), author, to)


def _two_patients(stage: Stage) -> str:
    return submit_to_many(stage, build_letter(NORD, f"{ALICE}, {PAUL}"), NORD, [ALICE, PAUL])


def _send_campaign(stage: Stage) -> str:
    """Two reminders by the command line, then the same command again: each patient has one."""
    subject = f"Rappel {build_id()}"
    with tempfile.TemporaryDirectory() as folder:
        template, rows = Path(folder, "reminder.txt"), Path(folder, "rows.csv")
        template.write_text(f"To: {{{{patient}}}}\nSubject: {subject} {{{{nom}}}}\n\nBonjour {{{{nom}}}}.\n", "utf-8")
        rows.write_text(f"patient;nom\n{ALICE};Zoé\n{PAUL};Paul\n", "utf-8")
        command = [sys.executable, "-m", "mssmail", "patient", "send", "--template", str(template), "--csv", str(rows)]
        command += ["--account", NORD, "--config", str(stage.operator_of(NORD).config)]
        done = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)]  # noqa: S603
    if any(each.returncode for each in done):
        return f"exit {done[0].returncode}, {done[1].returncode}: {done[1].stdout}{done[1].stderr}"
    found = [find_messages(stage, each, "SUBJECT", f'"{subject}"') for each in (ALICE, PAUL)]
    mixed = sum(b"Bonjour Zo=C3=A9." in each for each in found[1])
    verdicts = {find_verdict(letter) for each in found for letter in each}
    return f"{' and '.join(str(len(each)) for each in found)} letters, {mixed} mixed up, {' '.join(sorted(verdicts))}"


PATIENT_CASES = (
    Case("a patient writes first", "550 5.7.1", _submit(LABO, author=PAUL), "Seul un professionnel"),
    Case("a professional writes, the patient answers", SIGNED_HERE, _write_and_answer),
    Case("an answer after X-MSS-MES: FIN", "550 5.7.1", _answer_closed(X_MSS_MES="FIN"), "Cet echange est clos"),
    Case("an answer after [FIN] in the subject", "550 5.7.1", _answer_closed("Suivi [FIN]"), "Cet echange est clos"),
    Case("the professional writes again, the patient answers", SIGNED_HERE, _open_again),
    Case("two patients in one message", "550 5.7.1", _two_patients, "One patient a message"),
    Case("an INS whose key is wrong", "550 5.1.3", _submit(STRANGER), "no INS with a right key"),
    Case("27 MB for a patient", "552 5.3.4", _submit(ALICE, 27 * _MEGABYTE)),
    Case("reminders from a template, sent twice over", "1 and 1 letters, 0 mixed up, smime=pass", _send_campaign),
    Case("a patient writes to a patient", "550 5.7.1", _submit(ALICE, author=PAUL)),
)
