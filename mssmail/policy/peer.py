"""May we hand mail for this domain to this server?"""

from collections.abc import Iterator

from mssmail.core.decision import Accept, Decision, refuse
from mssmail.core.envelope import Peer
from mssmail.core.reply import quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.shadow import settle
from mssmail.settings import RevocationMode


def judge_peer(
    peer: Peer,
    domain: str,
    white_list: WhiteList | None,
    freshness: Freshness,
    revocation: RevocationMode = RevocationMode.HARD,
    floor: str = "",
) -> Decision:
    """Answer, after STARTTLS and before MAIL FROM, whether ``peer`` is a server of ``domain``.

    A temporary refusal means: try another server, or later. Whatever a wrong route or somebody on the wire could feign
    (no STARTTLS, another certificate) is temporary, or they could make us return mail at will (as RFC 8461 §5 and
    RFC 7672 §2.2 have it). Only what the white list itself says of the domain is final. ``floor`` is the oldest TLS
    version still good for this domain: configured, or the newest its servers ever spoke with us.
    """
    return settle(weigh_peer(peer, domain, white_list, freshness, revocation, floor)).decision


def weigh_peer(
    peer: Peer,
    domain: str,
    white_list: WhiteList | None,
    freshness: Freshness,
    revocation: RevocationMode = RevocationMode.HARD,
    floor: str = "",
) -> Iterator[Decision]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    if white_list is None or freshness is Freshness.STALE:
        yield refuse("white-list-stale", 451, "4.7.5", "The white list here is not up to date")
        return
    place = quote_text(domain, 120)
    if not white_list.has_domain(domain):
        yield refuse("domain-not-listed", 550, "5.7.1", f"Domain {place} is not on the white list")
    if peer.tls is None:
        yield refuse("peer-without-tls", 451, "4.7.4", f"The server of {place} does not offer STARTTLS")
        return
    if peer.tls.version < floor:
        text = f"The server of {place} speaks {peer.tls.version}, and {floor} was spoken or is asked for"
        yield refuse("peer-below-tls-floor", 451, "4.7.4", text)
    if peer.name is None:
        yield refuse("peer-without-certificate", 451, "4.7.5", f"The server of {place} shows no certificate we believe")
    subject = quote_text(peer.subject)
    if peer.revoked:
        yield refuse("peer-revoked", 451, "4.7.5", f"The certificate of the server of {place} is revoked: {subject}")
    if peer.revoked is None and revocation is RevocationMode.HARD:
        text = f"Whether the certificate of the server of {place} is revoked cannot be checked now: {subject}"
        yield refuse("peer-revocation-unknown", 451, "4.7.5", text)
    if not white_list.may_speak(peer.name, domain):
        text = f"The white list does not name the server's certificate for {place}: {subject}"
        yield refuse("peer-not-listed-for-domain", 451, "4.7.1", text)
    yield Accept("peer-listed-for-domain")
