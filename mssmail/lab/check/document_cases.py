"""Laboratory reports on their way: red where they must be, before anybody sees them, and never by a stranger's word."""

import re
from collections.abc import Callable

from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import CABINET, LABO, NORD, PEER, SUD
from mssmail.lab.check.documents import attach, build_report, pack_report
from mssmail.lab.check.mail import Letter, alter, sign_letter
from mssmail.lab.check.stage import Stage

_EXISTS = re.compile(rb"\* (\d+) EXISTS")
_FLAGS = re.compile(rb"FETCH \([^()]*FLAGS \(([^)]*)\)")
CRITICAL = pack_report(build_report("6.9", "HH"))
ABNORMAL = pack_report(build_report("5.4", "H"))
NORMAL = pack_report(build_report("4.2", "N"))
BROKEN = CRITICAL[:-30]


def watch_arrival(stage: Stage, address: str, send: Callable[[], str]) -> str:
    """The flags of a message at the moment its arrival is pushed, or the refusal it got."""
    client = stage.sign_in(address)
    try:
        client.select("INBOX", readonly=True)
        client.send(b"w1 IDLE\r\n")
        client.readline()
        answer = send()
        if not answer.startswith("250"):
            return answer
        number = None
        while number is None:
            line = client.readline()
            if not line:
                return "the connection ended"
            number = _EXISTS.match(line)
        client.send(b"DONE\r\nw2 FETCH " + number[1] + b" (FLAGS)\r\n")
        flags: re.Match[bytes] | None = None
        while not line.startswith(b"w2 ") and line:
            line = client.readline()
            flags = flags or _FLAGS.search(line)
        shown = flags[1].decode().split() if flags else ["none"]
        return "delivered, flags " + " ".join(sorted(each for each in shown if each != "\\Recent"))
    finally:
        client.shutdown()


def _submit(archive: bytes, author: str = LABO, recipient: str = SUD) -> Callable[[Stage], str]:
    """Through the author's own operator, across to the recipient's when that is another."""

    def play(stage: Stage) -> str:
        key = stage.operator_of(author).path / "keys" / f"{author}.pem"
        sent = sign_letter(attach(author, recipient, archive), key)
        return watch_arrival(stage, recipient, lambda: stage.submit(sent, author, recipient))

    return play


def _hand_over(
    archive: bytes, recipient: str, *, signed: bool, change: Callable[[Letter], Letter] = lambda letter: letter
) -> Callable[[Stage], str]:
    """As a peer does."""

    def play(stage: Stage) -> str:
        letter = attach(PEER, recipient, archive)
        sent = change(sign_letter(letter, stage.scenario("signer", "pem")) if signed else letter)
        return watch_arrival(stage, recipient, lambda: stage.send_as_peer(sent, PEER, recipient))

    return play


_RED = "delivered, flags $Important $MssCritical $MssDocument $label1 \\Flagged"
DOCUMENT_SUITE = (
    Case("critical potassium, nord to sud", _RED, _submit(CRITICAL)),
    Case("critical potassium, within one operator", _RED, _submit(CRITICAL, recipient=NORD)),
    Case("critical potassium from a peer", _RED, _hand_over(CRITICAL, NORD, signed=True)),
    Case("abnormal", "delivered, flags $MssAbnormal $MssDocument $label1", _submit(ABNORMAL)),
    Case("normal: no colour", "delivered, flags $MssDocument", _submit(NORMAL)),
    Case("unreadable archive", "delivered, flags $MssDocument $MssUnreadable $label5", _submit(BROKEN)),
    Case("altered", "550 5.7.7", _hand_over(CRITICAL, NORD, signed=True, change=alter)),
    Case("unsigned where verify takes it: unmarked", "delivered, flags", _hand_over(CRITICAL, CABINET, signed=False)),
    Case("unsigned where require refuses it", "550 5.7.1", _hand_over(CRITICAL, NORD, signed=False)),
)
