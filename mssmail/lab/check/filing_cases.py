"""Documents into software and back as a receipt, found by what they hold, and sent from the command line."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mssmail.lab.build import FILING_ACCOUNT
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD, SUD
from mssmail.lab.check.documents import attach, build_report, pack_report
from mssmail.lab.check.mail import sign_letter
from mssmail.lab.check.stage import Stage

_PATIENCE_SECONDS = 40.0
_UNKNOWN = pack_report(build_report("6.9", "HH", family="INCONNU"))
_CRITICAL = pack_report(build_report("6.9", "HH"))


def _wait(look: Callable[[], str]) -> str:
    """What is seen first, within patience."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return seen


def _file(archive: bytes) -> Callable[[Stage], str]:
    """What became of a document sent to the software's account, and of its receipt."""

    def play(stage: Stage) -> str:
        key = stage.operator_of(LABO).path / "keys" / f"{LABO}.pem"
        letter = sign_letter(attach(LABO, FILING_ACCOUNT, archive, wants_receipt=True), key)
        known = set(stage.lab.filed.glob("*/summary.json"))
        answer = stage.submit(letter, LABO, FILING_ACCOUNT)
        if not answer.startswith("250"):
            return answer
        receipt = _wait(lambda: _find_receipt(stage, letter.message_id)) or "no receipt"
        new = set(stage.lab.filed.glob("*/summary.json")) - known
        kept = [json.loads(path.read_bytes())["mark"] for path in new] or ["nothing"]
        return f"kept {kept[0]}, receipt {receipt}"

    return play


def _find_receipt(stage: Stage, message_id: str) -> str:
    """``processed`` or the error of the receipt for this message in the sender's INBOX; empty: not there yet."""
    client = stage.sign_in(LABO)
    try:
        client.select("INBOX", readonly=True)
        _, found = client.uid("SEARCH", "SUBJECT", "XDM/1.0/DDM", "BODY", f'"{message_id}"')
        for uid in (found[0] or b"").split():
            _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
            text = b"".join(bytes(part[1]) for part in parts if isinstance(part, tuple)).decode("utf-8", "replace")
            if "Original-Message-ID: " + message_id in text:
                errors = [line for line in text.splitlines() if line.startswith("Error: ")]
                return errors[0] if errors else "processed" if "; processed" in text else "odd"
        return ""
    finally:
        client.logout()


def _search(*criteria: str) -> Callable[[Stage], str]:
    """How many messages with documents SEARCH TEXT finds by each of these."""

    def play(stage: Stage) -> str:
        key = stage.operator_of(LABO).path / "keys" / f"{LABO}.pem"
        letter = sign_letter(attach(LABO, SUD, _CRITICAL), key)
        answer = stage.submit(letter, LABO, SUD)
        if not answer.startswith("250") or stage.fetch(SUD, letter) is None:
            return f"did not arrive: {answer}"
        client = stage.sign_in(SUD)
        try:
            client.select("INBOX", readonly=True)
            wanted = ("HEADER", "Message-ID", f'"{letter.message_id}"')
            found = [client.uid("SEARCH", *wanted, "TEXT", f'"{each}"')[1][0] for each in criteria]
            return "found" if all(found) else f"not found: {[c for c, f in zip(criteria, found, strict=True) if not f]}"
        finally:
            client.logout()

    return play


def _send(stage: Stage) -> str:
    """A document packed and sent by ``mssmail document send``, as it lies in the recipient's mailbox."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        report.write_bytes(build_report("6.9", "HH"))
        config = str(stage.operator_of(LABO).config)
        command = [sys.executable, "-m", "mssmail", "document", "send", "--config", config, "--json"]
        command += ["--account", LABO, "--to", NORD, "--cda", str(report)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603 - our own program
    if done.returncode != 0:
        return done.stderr.decode("utf-8", "replace") or done.stdout.decode("utf-8", "replace")
    told = json.loads(done.stdout)
    client = stage.sign_in(NORD)
    try:
        client.select("INBOX", readonly=True)
        _, parts = client.uid("SEARCH", "HEADER", "X-MSS-CODECDA", f'"{told["codecda"]}"', "KEYWORD", "$MssCritical")
        return f"taken {told['codecda']} {told['ins']}, " + ("red" if parts[0] else "not red")
    finally:
        client.logout()


FILING_SUITE = (
    Case("filed by software, receipt back", "kept critical, receipt processed", _file(_CRITICAL)),
    Case("unknown to software: 902 back", "kept nothing, receipt Error: 902", _file(_UNKNOWN)),
    Case("found by patient, birth, title", "found", _search("Alice FICTIF", "15/03/1979", "Potassium", "2823-3")),
    Case("mssmail document send", "taken 11502-2 O, red", _send),
)
