"""The main job, case by case: what must be delivered, and what must be refused with which reply."""

import time
from collections.abc import Callable
from pathlib import Path
from shutil import which

from mssmail.lab.check.case import SKIPPED, Case
from mssmail.lab.check.mail import Letter, alter, build_letter, sign_letter, sign_with_openssl
from mssmail.lab.check.stage import Stage

NORD, LABO, SUD, CABINET = (
    "marie.martin@chu-nord.test",
    "resultats@labo-nord.test",
    "paul.durand@chu-sud.test",
    "accueil@cabinet-sud.test",
)
PEER = "dr.dupuis@etranger.test"
DELIVERED = "delivered, same bytes, smime=pass"
SIGNED_HERE = "delivered, signed by the operator, smime=pass"
_MEGABYTE = 1_000_000


def _signed(
    stage: Stage, *, author: str = PEER, to: str = NORD, key: str = "signer", size: int = 0, pdf: int = 0
) -> Letter:
    return sign_letter(build_letter(author, to, size=size, pdf=pdf), stage.scenario(key, "pem"))


def _own_key(stage: Stage, address: str) -> Path:
    return stage.operator_of(address).path / "keys" / f"{address}.pem"


def _deliver_from_peer(letter: Callable[[Stage], Letter]) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        sent = letter(stage)
        answer = stage.send_as_peer(sent, PEER, NORD)
        return stage.describe_arrival(NORD, sent) if answer.startswith("250") else answer

    return play


def _deliver_across(author: str, recipient: str, *, implicit: bool = False, pdf: int = 0) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        sent = sign_letter(build_letter(author, recipient, pdf=pdf), _own_key(stage, author))
        answer = stage.submit(sent, author, recipient, implicit=implicit)
        return stage.describe_arrival(recipient, sent) if answer.startswith("250") else answer

    return play


def _deliver_unsigned(author: str, recipient: str) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        sent = build_letter(author, recipient)
        answer = stage.submit(sent, author, recipient)
        if not answer.startswith("250"):
            return answer
        # The operator signed it, so the bytes are no longer those of the client: the verdict is what counts.
        return stage.describe_arrival(recipient, sent).replace("OTHER BYTES", "signed by the operator")

    return play


def _openssl(stage: Stage) -> str:
    if which("openssl") is None:
        return f"{SKIPPED}: the openssl command is not here"

    def sign(stage: Stage) -> Letter:
        chain = stage.lab.path / "ca" / "issuing.crt"
        return sign_with_openssl(build_letter(PEER, NORD), stage.scenario("signer", "pem"), chain)

    return _deliver_from_peer(sign)(stage)


def _push(stage: Stage) -> str:
    client = stage.sign_in(SUD)
    client.select("INBOX", readonly=True)
    client.send(b"i1 IDLE\r\n")
    client.readline()
    sent = build_letter(NORD, SUD)
    stage.submit(sent, NORD, SUD)
    began = time.monotonic()
    line = b""
    while b"EXISTS" not in line:
        line = client.readline()
        if not line:
            return "the connection ended"
    waited = time.monotonic() - began
    client.send(b"DONE\r\n")
    client.shutdown()
    return "pushed in under 1 s" if waited < 1 else f"pushed after {waited:.1f} s"


def _refuse(
    letter: Callable[[Stage], Letter],
    *,
    sender: str = PEER,
    to: str = NORD,
    scenario: str | None = "peer",
    tls: bool = True,
    raw: bool = False,
) -> Callable[[Stage], str]:
    return lambda stage: stage.send_as_peer(letter(stage), sender, to, scenario=scenario, tls=tls, raw=raw)


def _plain() -> Callable[[Stage], Letter]:
    return lambda _stage: build_letter(PEER, NORD)


def _by(key: str, author: str = PEER) -> Callable[[Stage], Letter]:
    return lambda stage: _signed(stage, author=author, key=key)


def _broken(before: bytes, after: bytes) -> Callable[[Stage], Letter]:
    def build(stage: Stage) -> Letter:
        letter = _signed(stage)
        return Letter(letter.message_id, letter.data.replace(before, after, 1))

    return build


def _alert(scenario: str, cause: str) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        log = stage.operator_of(NORD).path / "serve.log"
        start = log.stat().st_size
        try:
            answer = stage.send_as_peer(_signed(stage), PEER, NORD, scenario=scenario)
        except OSError as error:  # ssl.SSLError is one; smtplib may tell it as a lost connection
            answer = "TLS alert" if "alert" in str(error).lower() else str(error)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with log.open("rb") as lines:
                lines.seek(start)
                if cause.encode() in lines.read():
                    return f"{answer}, cause in the log"
            time.sleep(0.1)
        return f"{answer}, cause not in the log"

    return play


ACCEPTED = (
    Case("account to account, nord to sud", DELIVERED, _deliver_across(NORD, SUD)),
    Case("account to account, sud to nord", DELIVERED, _deliver_across(CABINET, LABO)),
    Case("implicit TLS submission", DELIVERED, _deliver_across(SUD, NORD, implicit=True)),
    Case("within one operator", DELIVERED, _deliver_across(NORD, LABO)),
    Case("unsigned submission is signed", SIGNED_HERE, _deliver_unsigned(NORD, SUD)),
    Case("20 kB", DELIVERED, _deliver_from_peer(lambda s: _signed(s, size=20_000))),
    Case("10 MB with a PDF", DELIVERED, _deliver_across(NORD, SUD, pdf=7 * _MEGABYTE)),
    Case("10 MB with a PDF from a peer", DELIVERED, _deliver_from_peer(lambda s: _signed(s, pdf=7 * _MEGABYTE))),
    Case("signed by the organisation", DELIVERED, _deliver_from_peer(lambda s: _signed(s, key="signer_organisation"))),
    Case("signed by the openssl command", DELIVERED, _openssl),
    Case("arrival pushed by IDLE", "pushed in under 1 s", _push),
)  # fmt: skip

REFUSED = (
    Case("sender's domain unlisted", "550 5.7.1", _refuse(_by("signer"), sender="a@inconnu.test")),
    Case("recipient's domain unlisted", "550 5.7.1", _refuse(_by("signer"), to="a@inconnu.test")),
    Case("recipient we do not host", "550 5.7.1", _refuse(_by("signer"), to="a@etranger.test")),
    Case("unknown account", "550 5.1.1", _refuse(_by("signer"), to="personne@chu-nord.test")),
    Case("unsigned", "550 5.7.1", _refuse(_plain())),
    Case("signed by someone other than From", "550 5.7.1", _refuse(_by("signer_other"))),
    Case("From's domain unlisted", "550 5.7.1", _refuse(_by("signer", "a@inconnu.test"))),
    Case("expired signer", "550 5.7.1", _refuse(_by("signer_expired"))),
    Case("revoked signer", "550 5.7.1", _refuse(_by("signer_revoked"))),
    Case("foreign signer", "550 5.7.1", _refuse(_by("signer_foreign"))),
    Case("speaks for another operator's domain", "550 5.7.1", _refuse(_by("signer"), sender=SUD)),
    Case("revoked client certificate", "550 5.7.1", _refuse(_by("signer"), scenario="tls_revoked")),
    Case("unlisted client certificate", "550 5.7.1", _refuse(_by("signer"), scenario="tls_unlisted")),
    Case("altered in one byte", "550 5.7.7", _refuse(lambda s: alter(_signed(s)))),
    Case("no STARTTLS", "530 5.7.0", _refuse(_by("signer"), tls=False)),
    Case("no client certificate", "530 5.7.0", _refuse(_by("signer"), scenario=None)),
    Case("bare LF", "550 5.6.0", _refuse(_broken(b"\r\n\r\n", b"\r\n\r\nbare\n"), raw=True)),
    Case("bare CR", "550 5.6.0", _refuse(_broken(b"\r\n\r\n", b"\r\n\r\nbare\r"), raw=True)),
    Case("too large", "552 5.3.4", _refuse(lambda s: Letter("", b"x" * 60 * _MEGABYTE))),
    Case("foreign client certificate", "TLS alert, cause in the log", _alert("tls_foreign", "certificate")),
    Case("expired client certificate", "TLS alert, cause in the log", _alert("tls_expired", "expired")),
)  # fmt: skip

MAIN_SUITE = (*ACCEPTED, *REFUSED)
