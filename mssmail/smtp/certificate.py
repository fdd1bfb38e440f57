"""What a peer's certificate says of it, at the moment it is asked: names to compare, and whether it still counts."""

from dataclasses import replace
from datetime import datetime

from mssmail.core.decision import Refuse, refuse
from mssmail.core.envelope import Peer
from mssmail.core.reply import quote_text
from mssmail.core.verdict import Outcome
from mssmail.errors import BadCertificate
from mssmail.flows.intake import FETCH_SECONDS, TrustSource
from mssmail.smtp.session import Session
from mssmail.trust.certificate import describe_name, fingerprint, load_certificate, read_name, read_serial
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose


async def read_peer(session: Session, trust: TrustSource, now: datetime) -> Peer | Refuse:
    """The peer with its certificate's facts; without them when it showed none.

    The TLS layer let the certificate in when the connection began. Here it is judged again, now and by our own rules
    (key sizes, revocation, anchors that have changed since); a missing revocation list is asked for.
    """
    peer = session.peer_facts
    if not session.chain:
        return peer
    try:
        version = trust.version
        result = _verify(session, trust.store, now)
        is_renewed = bool(result.missing) and await trust.fetch_missing(result.missing, FETCH_SECONDS)
        if is_renewed or trust.version != version:
            result = _verify(session, trust.store, now)
        session.certified = session.certified or _read_certificate(session)
    except (BadCertificate, ValueError) as error:
        return _refuse(f"it cannot be read ({error})")
    revoked = {Outcome.PASSED: False, Outcome.FAILED: True}.get(result.revocation.outcome)
    refusal = judge_certificate(result)
    if refusal is not None:
        return refusal
    known = session.judged_peer
    if known is not None and known.revoked is revoked and known.helo == peer.helo:
        return known  # as at most messages of a connection
    return replace(session.certified, helo=peer.helo, revoked=revoked)


def judge_certificate(result: PathResult) -> Refuse | None:
    """What is wrong with a peer's certificate but for its revocation, which ``policy.sender`` judges."""
    reasons = (fact.reason for fact in (result.chain, result.dates, result.usage) if fact.outcome is Outcome.FAILED)
    reason = next(reasons, None)
    return None if reason is None else _refuse(reason)


def _verify(session: Session, store: TrustStore, now: datetime) -> PathResult:
    return verify_path(session.chain[0], session.chain[1:], store, Purpose.TLS_CLIENT, now)


def _read_certificate(session: Session) -> Peer:
    certificate = load_certificate(session.chain[0])
    return replace(
        session.peer_facts,
        name=read_name(certificate.subject),
        subject=describe_name(certificate.subject),
        serial=read_serial(certificate),
        fingerprint=fingerprint(certificate),
        not_after=certificate.not_valid_after_utc,
        chain=tuple(session.chain),
    )


def _refuse(reason: str) -> Refuse:
    text = f"Your certificate is not believed: {quote_text(reason, 380)}"
    return refuse("client-certificate-not-believed", 550, "5.7.1", text)
