"""The audit: mail from and to each of its peers, refused for the right reason or passed."""

import time
from collections.abc import Callable

from mssmail.lab.audit import SITUATIONS, Situation
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import LABO, NORD
from mssmail.lab.check.mail import build_letter, sign_letter
from mssmail.lab.check.peer_servers import PeerServers, serve_situations
from mssmail.lab.check.stage import Stage
from mssmail.store.engine import open_store
from mssmail.store.queue import list_items

_PATIENCE_SECONDS = 20.0

# What a peer of each kind is answered when it hands us mail.
_ANSWERS = {
    "cert-valide": "250 2.0.0",
    "tests-operateur": "250 2.0.0",
    "cert-no-match": "550 5.7.1",
    "cert-cn-diff-dn": "550 5.7.1",
    "cert-expire": "TLS alert",
    "cert-revoque": "550 5.7.1",
    "cert-non-igc": "TLS alert",
    "sans-tls": "530 5.7.0",
}
# What the queue tells of mail that waits for such a peer.
_REASONS = {
    "cert-no-match": "does not name",
    "cert-cn-diff-dn": "does not name",
    "cert-expire": "expired",
    "cert-revoque": "revoked",
    "cert-non-igc": "certificate",
    "sans-tls": "STARTTLS",
}


def _receive(situation: Situation) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        sender = f"testeur@{situation.domain}"
        letter = sign_letter(build_letter("dr.dupuis@etranger.test", NORD), stage.scenario("signer", "pem"))
        try:
            return stage.send_as_peer(letter, sender, NORD, scenario=situation.scenario, tls=situation.offers_tls)
        except OSError as error:
            return "TLS alert" if "alert" in str(error).lower() else str(error)

    return play


def _send(situation: Situation) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        recipient = f"testeur@{situation.domain}"
        with serve_situations(stage) as peers:
            answer = stage.submit(build_letter(LABO, recipient), LABO, recipient)
            if not answer.startswith("250"):
                return answer
            return _await_outcome(stage, situation, peers, recipient)

    return play


def _await_outcome(stage: Stage, situation: Situation, peers: PeerServers, recipient: str) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if peers[situation.label].taken:
            return "handed over"
        reason = _find_reason(stage, recipient)
        if reason:
            return f"kept back: {reason}"
        time.sleep(0.1)
    return "nothing happened"


def _find_reason(stage: Stage, recipient: str) -> str:
    """What the sending operator's queue says of the newest item for the recipient, once it was tried."""
    store = open_store(stage.operator_of(NORD).path / "store", exclusive=False)
    try:
        items = [each for each in store.read(list_items).result() if str(each.recipient) == recipient]
    finally:
        store.close()
    if not items or (items[-1].last_error == "" and items[-1].last_reply is None):
        return ""
    return str(items[-1].last_reply) if items[-1].last_reply else items[-1].last_error


def _expect_sending(situation: Situation) -> str:
    return "handed over" if situation.is_fit else "kept back"


AUDIT_SUITE = (
    *(Case(f"from {each.label}: {each.meaning}", _ANSWERS[each.label], _receive(each)) for each in SITUATIONS),
    *(
        Case(f"to {each.label}: {each.meaning}", _expect_sending(each), _send(each), _REASONS.get(each.label, ""))
        for each in SITUATIONS
    ),
)
