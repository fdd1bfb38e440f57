"""TLS handshakes that failed, in and out: written down under an id with every fact, for ``mssmail explain``.

OpenSSL's words say what it noticed first. Beside them stands our own judgement of the certificate that was offered: the
path, each separate question, and what the white list says of its name.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from mssmail.core.clock import Clock
from mssmail.core.names import DistinguishedName, encode_name
from mssmail.core.trace import build_id
from mssmail.core.verdict import Fact, Outcome
from mssmail.core.whitelist import WhiteList
from mssmail.errors import BadCertificate
from mssmail.flows.intake import TrustSource
from mssmail.journal import Entry, Event
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries
from mssmail.trust.certificate import describe_certificate, describe_name, fingerprint, load_certificate, read_name
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.usage import Purpose

_log = logging.getLogger(__name__)

_MAX_DOMAINS = 20


@dataclass(frozen=True, slots=True)
class FailedHandshake:
    """What is known of it. ``purpose`` is what the other side's certificate was to be good for."""

    server: str  # address or host
    port: int
    cause: str
    purpose: Purpose
    offered: tuple[bytes, ...] = ()  # DER, its owner's certificate first
    domain: str = ""  # whose mail was to be handed over, outward


class Handshakes:
    """Writes them down; nobody waits for the disk."""

    def __init__(self, store: Store, trust: TrustSource, clock: Clock) -> None:
        self._store, self._trust, self._clock = store, trust, clock

    def note(self, failed: FailedHandshake) -> str:
        """The id under which ``mssmail explain`` tells of it."""
        now, trace_id = self._clock(), build_id()
        direction = "in" if failed.purpose is Purpose.TLS_CLIENT else "out"
        facts: dict[str, object] = {"peer": failed.server, "port": failed.port, "direction": direction}
        facts |= {"domain": failed.domain} if failed.domain else {}
        facts |= {"cause": failed.cause, "rule": "no-certificate-offered" if not failed.offered else "handshake"}
        facts |= dict(self._describe(failed))
        _log.warning(
            "TLS handshake with %s:%d failed: %s", failed.server, failed.port, failed.cause,
            extra={"id": trace_id, "rule": facts["rule"]},
        )  # fmt: skip
        entry = Entry(now, Event.HANDSHAKE_FAILED, trace_id, facts)
        self._store.submit(lambda conn: append_entries(conn, (entry,))).add_done_callback(_tell)
        return trace_id

    def _describe(self, failed: FailedHandshake) -> Iterator[tuple[str, object]]:
        if not failed.offered:
            return
        leaf, *others = failed.offered
        try:
            certificate = load_certificate(leaf)
            result = verify_path(leaf, others, self._trust.store, failed.purpose, self._clock())
            name = read_name(certificate.subject)
        except (BadCertificate, ValueError) as fault:
            yield "fingerprint", fingerprint(leaf)
            yield "certificate", f"cannot be read: {fault}"
            yield "rule", "certificate-unreadable"
            return
        yield "subject", describe_name(certificate.subject)
        yield "issuer", describe_name(certificate.issuer)
        yield "fingerprint", fingerprint(leaf)
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        yield "valid", f"{start.isoformat()} to {end.isoformat()}"
        yield "offered", _describe_each(failed.offered)
        yield "facts", {label: f"{fact.outcome.value}: {fact.reason}" for label, fact in _pair(result)}
        yield "path", _describe_each(result.path)
        yield "white_list", _describe_listing(self._trust.white_list, name, failed.domain)
        broken = next((label for label, fact in _pair(result) if fact.outcome is Outcome.FAILED), "")
        if broken:
            yield "rule", f"certificate-{broken}"


def _pair(result: PathResult) -> Iterator[tuple[str, Fact]]:
    yield from zip(("chain", "dates", "revocation", "usage"), result.facts, strict=True)


def _describe_each(ders: Sequence[bytes]) -> list[str]:
    found: list[str] = []
    for der in ders:
        try:
            found.append(describe_certificate(load_certificate(der)))
        except BadCertificate:
            found.append("unreadable")
    return found


def _describe_listing(white_list: WhiteList | None, name: DistinguishedName, domain: str) -> str:
    if white_list is None:
        return "there is none"
    if domain:
        word = "names" if white_list.may_speak(name, domain) else "does not name"
        return f"it {word} {encode_name(name)} for {domain}"
    domains = sorted(white_list.find_domains(name)) if white_list.has_name(name) else []
    if not domains:
        return f"it does not name {encode_name(name)}"
    more = f" and {len(domains) - _MAX_DOMAINS} more" if len(domains) > _MAX_DOMAINS else ""
    return f"it names {encode_name(name)} for {', '.join(domains[:_MAX_DOMAINS])}{more}"


def _tell(future: "Future[None]") -> None:
    if (error := future.exception()) is not None:
        _log.error("a failed handshake is not in the journal", exc_info=error)
