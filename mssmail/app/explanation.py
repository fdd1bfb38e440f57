"""Why mail between two addresses would pass or not: the decisions of both directions, asked without a connection.

The same functions answer here as at MAIL FROM and before a delivery, on the trust data the server keeps on its disk.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from mssmail.core.address import Address
from mssmail.core.decision import Accept, Decision
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.core.names import DistinguishedName, encode_name
from mssmail.core.verdict import Outcome
from mssmail.core.whitelist import WhiteList
from mssmail.flows.last_good import LastGood
from mssmail.flows.list_keeper import ListKeeper
from mssmail.flows.revocation_lists import KeptCrl, RevocationLists
from mssmail.policy.freshness import Freshness, judge_freshness
from mssmail.policy.peer import judge_peer
from mssmail.policy.sender import judge_sender
from mssmail.settings import Settings, Trust
from mssmail.trust.anchors import load_certificates
from mssmail.trust.certificate import describe_certificate, describe_name, load_certificate, read_name
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from mssmail.trust.usage import Purpose


@dataclass(frozen=True, slots=True)
class KnownTrust:
    """The trust a server of these settings would begin with, offline."""

    store: TrustStore
    white_list: WhiteList | None
    freshness: Freshness
    crls: tuple[KeptCrl, ...]
    list_signer: bytes | None = None  # the certificate in the white list, DER


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute of a listed name beside the certificate's at the same place."""

    listed: str
    shown: str

    @property
    def is_same(self) -> bool:
        """They agree, as the white list is compared."""
        return self.listed == self.shown


@dataclass(frozen=True, slots=True)
class Step:
    """One question: what was asked, the decision, and the facts it rests on."""

    question: str
    decision: Decision
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def answer(self) -> str:
        """``yes (rule)`` or the reply that would be given."""
        if isinstance(self.decision, Accept):
            return f"yes ({self.decision.rule})"
        return f"{self.decision.reply} ({self.decision.rule})"


def load_known_trust(settings: Settings, now: datetime) -> KnownTrust:
    """Anchors of the configuration, last good list and CRLs of the store. Raises BadCertificate, StoreUnavailable."""
    trust, disk = settings.trust, LastGood(settings.server.store / "trust")
    anchors = load_certificates(trust.anchors)
    intermediates = load_certificates(trust.intermediates) if trust.intermediates else ()
    crls = RevocationLists((), disk)
    crls.load([load_certificate(der) for der in (*anchors, *intermediates)], now)
    policy = SignaturePolicy(trust.min_rsa_bits, trust.allow_sha1, trust.revocation)
    snapshot = TrustSnapshot(1, anchors, intermediates, crls.raws, policy)
    lists = ListKeeper(trust, disk)
    asyncio.run(lists.load(snapshot, now))
    return KnownTrust(
        build_trust_store(snapshot),
        lists.white_list,
        _judge_age(trust, lists.white_list, now),
        tuple(crls.kept.values()),
        lists.signer_certificate,
    )


def _judge_age(trust: Trust, white_list: WhiteList | None, now: datetime) -> Freshness:
    generated_at = None if white_list is None else white_list.generated_at
    return judge_freshness(generated_at, now, trust.white_list_ageing_days, trust.white_list_stale_days)


def explain_incoming(
    sender: Address, known: KnownTrust, chain: tuple[bytes, ...], settings: Settings, now: datetime
) -> Step:
    """Would MAIL FROM this sender be taken from a peer with this certificate (DER, its own first)?"""
    peer, path = _build_peer(chain, known, Purpose.TLS_CLIENT, now)
    decision = judge_sender(sender, peer, known.white_list, known.freshness, settings.trust.revocation)
    return Step(f"May this peer use {sender}?", decision, tuple(_describe(sender.domain, known, peer, path)))


def explain_outgoing(
    recipient: Address, known: KnownTrust, chain: tuple[bytes, ...], settings: Settings, now: datetime
) -> Step:
    """Would mail for this recipient be handed to a server with this certificate?"""
    peer, path = _build_peer(chain, known, Purpose.TLS_SERVER, now)
    decision = judge_peer(peer, recipient.domain, known.white_list, known.freshness, settings.trust.revocation)
    facts = tuple(_describe(recipient.domain, known, peer, path))
    return Step(f"May we hand mail for {recipient} to this server?", decision, facts)


def compare_names(listed: DistinguishedName, shown: DistinguishedName) -> list[Comparison]:
    """Attribute by attribute, most specific first; where one name is longer the other side is empty."""
    pairs = zip_longest(_encode_rdns(listed), _encode_rdns(shown), fillvalue="")
    return [Comparison(*pair) for pair in pairs]


def _encode_rdns(name: DistinguishedName) -> list[str]:
    return [encode_name(DistinguishedName((rdn,))) for rdn in name.rdns]


def _build_peer(
    chain: tuple[bytes, ...], known: KnownTrust, purpose: Purpose, now: datetime
) -> tuple[Peer, PathResult | None]:
    tls = TlsFacts("TLSv1.3", "")  # asked as if the handshake had been done
    if not chain:
        return Peer("", 0, tls=tls), None
    certificate = load_certificate(chain[0])
    path = verify_path(chain[0], chain[1:], known.store, purpose, now)
    is_believed = all(fact.outcome is Outcome.PASSED for fact in (path.chain, path.dates, path.usage))
    peer = Peer(
        "",
        0,
        tls=tls,
        name=read_name(certificate.subject) if is_believed else None,
        subject=describe_name(certificate.subject),
        revoked={Outcome.PASSED: False, Outcome.FAILED: True}.get(path.revocation.outcome),
    )
    return peer, path


def _describe(domain: str, known: KnownTrust, peer: Peer, path: PathResult | None) -> Iterator[tuple[str, str]]:
    white_list = known.white_list
    if white_list is None:
        yield "white list", "none was ever accepted"
    else:
        yield "white list", f"of {white_list.generated_at.isoformat()}, {known.freshness.value}, by {white_list.signer}"
        yield "list entry", f"{domain}: {len(white_list.domains.get(domain, ()))} names may speak for it"
    if path is not None:
        yield "certificate", peer.subject
        for name, fact in zip(("chain", "dates", "revocation", "usage"), path.facts, strict=True):
            yield name, f"{fact.outcome.value}: {fact.reason}"
        yield "path", " <- ".join(describe_certificate(load_certificate(der)) for der in path.path)
    for crl in known.crls:
        until = f"until {crl.next_update.isoformat()}"
        yield "revocation list", f"{crl.issuer}, number {crl.number}, of {crl.this_update.isoformat()} {until}"
    if white_list is not None and peer.name is not None:
        yield from _describe_comparison(white_list.domains.get(domain, frozenset()), peer.name)


def _describe_comparison(listed: frozenset[DistinguishedName], shown: DistinguishedName) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(sorted(listed, key=encode_name), 1):
        for each in compare_names(name, shown):
            sign = "=" if each.is_same else "differs from"
            yield f"listed name {number}", f"{each.listed or '(nothing)'} {sign} {each.shown or '(nothing)'}"
