"""Sending, case by case: what our mail meets at other operators, and what becomes of it."""

from collections.abc import Callable

from mssmail.lab.check.address_cases import ADDRESS_CASES
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, SUD
from mssmail.lab.check.extension_cases import EXTENSION_CASES
from mssmail.lab.check.list_cases import LIST_CASES
from mssmail.lab.check.mail import Letter, build_letter
from mssmail.lab.check.patient_cases import PATIENT_CASES
from mssmail.lab.check.peer_servers import serve_strangers
from mssmail.lab.check.queue_cases import QUEUE_CASES
from mssmail.lab.check.receipt_cases import RECEIPT_CASES
from mssmail.lab.check.stage import Stage, find_verdict
from mssmail.lab.check.submission import find_report, submit_to_many
from mssmail.lab.check.waiting import address_at, find_reason, wait_for

AUTHOR = LABO


def _is_whole(taken: bytes, letter: Letter) -> bool:
    """It carries the Message-ID and a signature, the operator's."""
    return letter.message_id.encode() in taken and b"application/pkcs7-signature" in taken


def _deliver_to(label: str) -> Callable[[Stage], str]:
    """Once the stranger has come to itself, it has the message; ``twice`` when it could not but get it again."""

    def play(stage: Stage) -> str:
        letter = build_letter(AUTHOR, address_at(label))
        with serve_strangers(stage) as peers:
            answer = stage.submit(letter, AUTHOR, address_at(label))
            if not answer.startswith("250"):
                return answer
            server = peers[label]
            wanted = 2 if label == "forgets" else 1
            return wait_for(lambda: _describe_taken(server.taken, letter) if len(server.taken) >= wanted else "")

    return play


def _describe_taken(taken: list[bytes], letter: Letter) -> str:
    whole = sum(_is_whole(each, letter) for each in taken)
    times = {1: "once", 2: "twice, same Message-ID"}.get(whole, f"{whole} times")
    return f"taken {times}"


def _keep_back_from(label: str) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        recipient = address_at(label)
        with serve_strangers(stage) as peers:
            answer = stage.submit(build_letter(AUTHOR, recipient), AUTHOR, recipient)
            if not answer.startswith("250"):
                return answer
            words = wait_for(lambda: find_reason(stage, AUTHOR, recipient))
            server = peers.get(label)
            return "HANDED OVER" if server is not None and server.count("RCPT") else words

    return play


def _stall(stage: Stage) -> str:
    """While one peer says nothing, mail for another passes."""
    recipient = address_at("stalls")
    with serve_strangers(stage):
        letter = build_letter(AUTHOR, recipient)
        answer = stage.submit(letter, AUTHOR, recipient)
        if not answer.startswith("250"):
            return answer
        other = build_letter(AUTHOR, SUD)
        stage.submit(other, AUTHOR, SUD)
        if stage.fetch(SUD, other) is None:
            return "the others wait for it"
        return wait_for(lambda: find_reason(stage, AUTHOR, recipient)).replace("kept back", "others pass, kept back")


def _judge_each(stage: Stage) -> str:
    """Three recipients of one message: taken, refused for good and told, taken at the second try."""
    recipients = [address_at("picky", name) for name in ("somebody", "nobody", "later")]
    letter = build_letter(AUTHOR, recipients[0])
    with serve_strangers(stage) as peers:
        answer = submit_to_many(stage, letter, AUTHOR, recipients)
        if not answer.startswith("250"):
            return answer
        told = wait_for(lambda: "twice" if len(peers["picky"].taken) == 2 else "")
        if told != "twice":
            return f"taken {len(peers['picky'].taken)} times"
    report = find_report(stage, AUTHOR, letter, "failed")
    if report is None:
        return "no report came"
    named = [name for name in ("somebody", "nobody", "later") if f"; {address_at('picky', name)}".encode() in report]
    return f"taken for two, reported for {' '.join(named)}, {find_verdict(report)}"


SENDING_SUITE = (
    Case("a peer that takes everything", "taken once", _deliver_to("steady")),
    Case("a peer that answers 4xx for a while", "taken once", _deliver_to("busy")),
    Case("a peer that dies in the middle of DATA", "taken once", _deliver_to("dies")),
    Case("a peer that loses the connection before its 250", "taken twice, same Message-ID", _deliver_to("forgets")),
    Case("a peer with the certificate of another", "kept back", _keep_back_from("impostor"), "does not name"),
    Case("a peer that hides STARTTLS", "kept back", _keep_back_from("plain"), "STARTTLS"),
    Case("a peer that nobody answers for", "kept back", _keep_back_from("asleep"), "no connection"),
    Case("a peer that stalls", "others pass, kept back", _stall, "silent"),
    Case("an answer for each recipient", "taken for two, reported for nobody, smime=pass", _judge_each),
    *QUEUE_CASES,
    *RECEIPT_CASES,
    *EXTENSION_CASES,
    *PATIENT_CASES,
    *ADDRESS_CASES,
    *LIST_CASES,
)
