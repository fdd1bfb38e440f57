"""Message → verdict: find the layer, check each signature, chain each signer, and answer the worst of what was found.

Several signers: all must pass, each as if alone. A valid signature beside an invalid one would otherwise make readers
believe both. Malformed CMS is a signature that does not hold: FAILED integrity, hence Altered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.address import Address
from mssmail.core.message import Span
from mssmail.core.missing import MissingStatus
from mssmail.core.proof import NO_PROOF, Proof
from mssmail.core.verdict import ENCRYPTED, SKIPPED, UNSIGNED, Fact, Facts, Outcome, Signer, Structure, Verdict
from mssmail.errors import BadCertificate, BadSyntax
from mssmail.mime.tree import Part
from mssmail.smime.integrity import Integrity, SignedContent, verify_integrity
from mssmail.smime.signed_data import SignedData, SignerInfo, parse_signed_data
from mssmail.smime.signer import build_signer, find_certificates, judge_author
from mssmail.smime.structure import Layer, find_layer
from mssmail.trust.link import Link
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose

Found = tuple[Verdict, tuple[MissingStatus, ...]]

_SEVERITY: Final = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.PASSED)
# A key identifier may fit several certificates of one key: so many are tried.
_MAX_CANDIDATES: Final = 4


def verify_message(data: bytes, root: Part, authors: Sequence[Address], trust: TrustStore, at: datetime) -> Found:
    """The verdict at a time, and the certificates whose revocation status was missing for it. No I/O."""
    return verify_layer(data, find_layer(data, root), authors, trust, at)


def verify_layer(data: bytes, layer: Layer, authors: Sequence[Address], trust: TrustStore, at: datetime) -> Found:
    """The same for a message whose outermost layer is known already."""
    if layer.structure is not Structure.SIGNED:
        return (UNSIGNED if layer.structure is Structure.UNSIGNED else ENCRYPTED), ()
    if layer.fault:
        return _build_malformed(layer.fault), ()
    try:
        signed = parse_signed_data(layer.cms)
    except BadSyntax as error:
        return _build_malformed(f"the CMS message cannot be read: {error}"), ()
    if layer.content is None and not signed.signers:
        return UNSIGNED, ()  # certs-only, RFC 8551 §3.8
    fault = _find_content_fault(layer, signed)
    if fault:
        return _build_malformed(fault), ()
    content = _cut_content(data, layer.content, signed)
    checks: list[_Check] = []
    for info in signed.signers:
        # One path that leads nowhere is enough: searching for more would let one message cost as much as sixteen.
        may_search = all(check.facts.chain.outcome is not Outcome.FAILED for check in checks)
        checks.append(_check_signer(info, content, signed, authors, trust, at if may_search else None))
    return _combine(checks)


def _build_malformed(reason: str) -> Verdict:
    failed = Fact(Outcome.FAILED, reason)
    return Verdict(Structure.SIGNED, Facts(failed, SKIPPED, SKIPPED, SKIPPED, SKIPPED, SKIPPED))


def _find_content_fault(layer: Layer, signed: SignedData) -> str:
    if not signed.signers:
        return "the signature part holds no signature"
    if layer.content is None:
        return "" if signed.content is not None else "the signed content is missing"
    # Two contents, one shown and one signed, are how a signature is made to vouch for the wrong one.
    return "" if signed.content is None else "the signature part has a content of its own"


def _cut_content(data: bytes, span: Span | None, signed: SignedData) -> SignedContent:
    if span is None:
        return SignedContent(signed.content_type, signed.content or b"", is_mime=False)
    return SignedContent(signed.content_type, span.cut(data), is_mime=True)


@dataclass(frozen=True, slots=True)
class _Check:
    """What was found about one signer."""

    facts: Facts
    signer: Signer | None = None
    proof: Proof = NO_PROOF
    missing: tuple[MissingStatus, ...] = ()


def _check_signer(
    info: SignerInfo,
    content: SignedContent,
    signed: SignedData,
    authors: Sequence[Address],
    trust: TrustStore,
    at: datetime | None,
) -> _Check:
    """``at`` is None when nobody needs to know any more whether the signer's path holds."""
    sent = _load_links(signed.certificates, trust)
    candidates = (find_certificates(info, sent) or find_certificates(info, trust.certificates))[:_MAX_CANDIDATES]
    if not candidates:
        return _check_stranger(info, content, trust)
    link, path = (candidates[0], None) if at is None else _choose(candidates, signed.certificates, trust, at)
    path = path or PathResult(SKIPPED, SKIPPED, SKIPPED, SKIPPED, key=link.public_key)
    integrity = verify_integrity(info, content, path.key, trust.policy)
    facts = Facts(
        integrity=integrity.fact,
        chain=path.chain,
        dates=path.dates,
        revocation=path.revocation,
        usage=_judge_usage(path, integrity),
        author=judge_author(link, authors) if trust.policy.author_rule else SKIPPED,
    )
    # The certificate is named only once its key is known to have signed: the rest of the message is a stranger's word.
    signer = build_signer(link, integrity.signed_at) if integrity.is_made_by_key else None
    return _Check(facts, signer, NO_PROOF if signer is None else path.proof, path.missing)


def _check_stranger(info: SignerInfo, content: SignedContent, trust: TrustStore) -> _Check:
    """Nobody can mend a message that lacks its signer's certificate by sending it again: failed, not unknown."""
    integrity = verify_integrity(info, content, None, trust.policy)
    who = f"with key identifier {info.key_id.hex()[:80]}" if info.key_id is not None else f"serial {info.serial:X}"
    reason = f"the signer's certificate ({who[:100]}) is neither in the message nor known here"
    usage = Fact(Outcome.FAILED, integrity.weakness) if integrity.weakness else SKIPPED
    return _Check(Facts(integrity.fact, Fact(Outcome.FAILED, reason), SKIPPED, SKIPPED, usage, SKIPPED))


def _load_links(certificates: Sequence[bytes], trust: TrustStore) -> list[Link]:
    links: list[Link] = []
    for certificate in certificates:
        try:
            links.append(trust.load_link(certificate))
        except BadCertificate:
            continue  # a certificate nobody can read identifies nobody
    return links


def _choose(
    candidates: Sequence[Link], certificates: Sequence[bytes], trust: TrustStore, at: datetime
) -> tuple[Link, PathResult]:
    """The first candidate with a good path, else the first: one key may have an expired and a renewed certificate."""
    judged: list[tuple[Link, PathResult]] = []
    for link in candidates:
        extra = [certificate for certificate in certificates if certificate != link.der]
        judged.append((link, verify_path(link.der, extra, trust, Purpose.SMIME, at)))
        if judged[-1][1].is_trusted:
            return judged[-1]
    return judged[0]


def _judge_usage(path: PathResult, integrity: Integrity) -> Fact:
    return Fact(Outcome.FAILED, integrity.weakness) if integrity.weakness else path.usage


def _combine(checks: Sequence[_Check]) -> Found:
    if len(checks) == 1:
        return Verdict(Structure.SIGNED, checks[0].facts, checks[0].signer, checks[0].proof), checks[0].missing
    worst = [
        min(facts, key=_rank) for facts in zip(*([f for _, f in check.facts.items()] for check in checks), strict=True)
    ]
    signer = checks[0].signer if all(check.signer for check in checks) else None
    missing = tuple(dict.fromkeys(each for check in checks for each in check.missing))
    sources = tuple(dict.fromkeys(source for check in checks for source in check.proof.sources))
    return Verdict(Structure.SIGNED, Facts(*worst), signer, Proof(checks[0].proof.path, sources)), missing


def _rank(fact: Fact) -> int:
    return _SEVERITY.index(fact.outcome)
