"""May this peer use this sender?"""

from collections.abc import Iterator

from mssmail.core.address import ReversePath
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Peer
from mssmail.core.reply import quote_text
from mssmail.core.whitelist import WhiteList
from mssmail.policy.freshness import Freshness
from mssmail.policy.shadow import settle
from mssmail.settings import RevocationMode


def judge_sender(
    reverse_path: ReversePath,
    peer: Peer,
    white_list: WhiteList | None,
    freshness: Freshness,
    revocation: RevocationMode = RevocationMode.HARD,
) -> Decision:
    """Answer MAIL FROM of a peer: its domain must be listed for the very name in the peer's certificate."""
    return settle(weigh_sender(reverse_path, peer, white_list, freshness, revocation)).decision


def weigh_sender(
    reverse_path: ReversePath,
    peer: Peer,
    white_list: WhiteList | None,
    freshness: Freshness,
    revocation: RevocationMode = RevocationMode.HARD,
) -> Iterator[Decision | None]:
    """The same question, rule by rule, for ``policy.shadow.settle``."""
    yield from _weigh_certificate(peer, revocation)
    if white_list is None or freshness is Freshness.STALE:
        # Our fault: neither "accept all" nor a final no (house rule 10).
        yield refuse("white-list-stale", 451, "4.7.5", "The white list here is not up to date; try again later")
        return
    if reverse_path is None:  # delivery reports and receipts come from any member (RFC 5321 §4.5.5)
        if not white_list.has_name(peer.name):
            text = f"The white list does not name your certificate {quote_text(peer.subject)}"
            yield refuse("peer-not-listed", 550, "5.7.1", text)
        yield Accept("null-sender-of-listed-peer")
        return
    domain = reverse_path.domain
    if not white_list.has_domain(domain):
        yield refuse("sender-domain-not-listed", 550, "5.7.1", f"Domain {quote_text(domain)} is not on the white list")
    if not white_list.may_speak(peer.name, domain):
        text = f"Domain {quote_text(domain, 120)} is not listed for your certificate {quote_text(peer.subject)}"
        yield refuse("sender-not-listed-for-peer", 550, "5.7.1", text)
    yield Accept("sender-listed-for-peer")


def _weigh_certificate(peer: Peer, revocation: RevocationMode) -> Iterator[Refuse]:
    if peer.tls is None:
        yield refuse("tls-required", 530, "5.7.0", "Must issue a STARTTLS command first")  # RFC 3207 §4
    if peer.name is None:
        yield refuse("client-certificate-required", 530, "5.7.0", "A client certificate is required here")
    if peer.revoked:
        yield refuse("peer-revoked", 550, "5.7.1", f"Your certificate {quote_text(peer.subject)} is revoked")
    if peer.revoked is None and revocation is RevocationMode.HARD:
        shown = quote_text(peer.subject)
        text = f"Whether your certificate {shown} is revoked cannot be checked now; try again later"
        yield refuse("peer-revocation-unknown", 451, "4.7.5", text)
