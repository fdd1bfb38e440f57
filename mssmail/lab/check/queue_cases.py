"""The queue as its administrators meet it: what waits is explained, steered by command, and told to senders."""

import json
import subprocess
import sys
from collections.abc import Callable

from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.peer_servers import serve_strangers
from mssmail.lab.check.stage import Stage
from mssmail.lab.check.submission import find_report
from mssmail.lab.check.waiting import address_at, find_item, wait_for
from mssmail.lab.strangers import NO_MAIL, find_stranger, find_stranger_port

_COMMAND_SECONDS = 60
_REPORT_SECONDS = 60.0


def _queue(stage: Stage, *arguments: str) -> str:
    """What ``mssmail queue`` prints, or its complaint."""
    config = str(stage.operator_of(LABO).config)
    command = [sys.executable, "-m", "mssmail", "queue", *arguments, "--config", config]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_COMMAND_SECONDS)  # noqa: S603
    return done.stdout if done.returncode == 0 else f"exit {done.returncode}: {done.stderr.strip()}"


def _try(stage: Stage, *arguments: str) -> str:
    """The same; empty while the item is being sent at this very moment."""
    told = _queue(stage, *arguments)
    return "" if told.startswith("exit") else told


def _with_item(act: Callable[[Stage, Letter, str], str], label: str = "asleep") -> Callable[[Stage], str]:
    """Play ``act`` with a letter that waits for a stranger who sleeps, and its id."""

    def play(stage: Stage) -> str:
        recipient = address_at(label)
        letter = build_letter(LABO, recipient)
        answer = stage.submit(letter, LABO, recipient)
        if not answer.startswith("250"):
            return answer
        found: list[str] = []

        def is_tried() -> str:
            item = find_item(stage, LABO, recipient)
            # Tried itself, or resting with its domain.
            found[:] = [] if item is None else [str(item.id)]
            return "there" if found else ""

        return act(stage, letter, found[0]) if wait_for(is_tried) == "there" else "it is not in the queue"

    return play


def _explain(stage: Stage, _letter: Letter, item: str) -> str:
    def look() -> str:
        facts = json.loads(_queue(stage, "explain", item, "--json"))
        is_resting = facts["peer_failures"] and " rests " in facts["why"]  # between two rests it is about to be tried
        is_told = is_resting and facts["next_try_at"] and facts["route"] and facts["tls_floor"] is not None
        return f"explained: {facts['why']}" if is_told else ""

    words = wait_for(look)
    _queue(stage, "fail", item)
    return words


def _hold_and_release(stage: Stage, letter: Letter, item: str) -> str:
    held = wait_for(lambda: _try(stage, "hold", item))
    if "is held" not in held:
        return held
    with serve_strangers(stage, only=lambda each: each.label == "asleep") as peers:
        _queue(stage, "wake", peers["asleep"].peer.domain)
        other = build_letter(LABO, address_at("asleep"))
        stage.submit(other, LABO, address_at("asleep"))
        if wait_for(lambda: "taken" if peers["asleep"].has(other.message_id) else "") != "taken":
            return "what was not held did not go"
        if peers["asleep"].has(letter.message_id):
            return "HELD, AND SENT"
        _queue(stage, "release", item)
        return wait_for(lambda: "held, then released and taken" if peers["asleep"].has(letter.message_id) else "")


def _retry(stage: Stage, letter: Letter, item: str) -> str:
    with serve_strangers(stage, only=lambda each: each.label == "asleep") as peers:
        wait_for(lambda: _try(stage, "retry", item))
        return wait_for(lambda: "tried at once and taken" if peers["asleep"].has(letter.message_id) else "")


def _fail(stage: Stage, letter: Letter, item: str) -> str:
    told = wait_for(lambda: _try(stage, "fail", item, "--reason", "closed"))
    report = find_report(stage, LABO, letter, "failed")
    if report is None:
        return f"{told.strip()} But no report came."
    return "given up, reported" if b"Given up by an administrator: closed" in report else "reported otherwise"


def _redirect_to(stage: Stage, letter: Letter, item: str) -> str:
    wait_for(lambda: _try(stage, "redirect", item, "--to", NORD))
    return "delivered to another" if stage.fetch(NORD, letter) is not None else "did not arrive"


def _redirect_by(stage: Stage, letter: Letter, item: str) -> str:
    """By a server that is not listed for the recipient's domain: it gets nothing."""
    port = find_stranger_port(stage.lab, find_stranger("steady"))
    with serve_strangers(stage) as peers:
        wait_for(
            lambda: "" if "exit" in (told := _queue(stage, "redirect", item, "--route", f"127.0.0.1:{port}")) else told
        )

        def look() -> str:
            facts = json.loads(_queue(stage, "explain", item, "--json"))
            return f"kept back: {facts['peer_reason']}" if facts["peer_failures"] else ""

        words = wait_for(look)
        _queue(stage, "fail", item)
        return "HANDED OVER" if peers["steady"].has(letter.message_id) else words


def _refuse_outside(stage: Stage, _letter: Letter, item: str) -> str:
    words = _queue(stage, "redirect", item, "--to", "x@inconnu.test")
    _queue(stage, "fail", item)
    return words


def _tell_delay(stage: Stage, letter: Letter, item: str) -> str:
    report = find_report(stage, LABO, letter, "delayed", seconds=_REPORT_SECONDS)
    _queue(stage, "fail", item)
    return "told of the delay" if report is not None else "no report came"


def _null_mx(stage: Stage) -> str:
    recipient = f"testeur@{NO_MAIL}"
    letter = build_letter(LABO, recipient)
    with serve_strangers(stage):
        answer = stage.submit(letter, LABO, recipient)
        if not answer.startswith("250"):
            return answer
        report = find_report(stage, LABO, letter, "failed", seconds=_REPORT_SECONDS)
    return "reported: " + ("5.1.10" if report is not None and b"Status: 5.1.10" in report else "otherwise")


QUEUE_CASES = (
    Case("a domain that takes no mail (null MX)", "reported: 5.1.10", _null_mx),
    Case("what waits is explained", "explained", _with_item(_explain), "asleep.sending.test rests after"),
    Case("held, then released", "held, then released and taken", _with_item(_hold_and_release)),
    Case("tried again by command", "tried at once and taken", _with_item(_retry)),
    Case("given up by command", "given up, reported", _with_item(_fail)),
    Case("redirected to another recipient", "delivered to another", _with_item(_redirect_to)),
    Case("redirected by a server not listed for the domain", "kept back", _with_item(_redirect_by), "does not name"),
    Case("redirected outside the trust space", "exit 1", _with_item(_refuse_outside), "domain-not-listed"),
    Case("a sender is told of a delay", "told of the delay", _with_item(_tell_delay)),
)
