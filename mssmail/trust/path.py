"""Certificate path validation at a given time, RFC 5280 §6, answered as separate facts.

"The signer's certificate has expired" must read: dates failed, chain passed. So the chain (signatures, names, CA bits,
constraints, policies) is judged apart from dates, revocation and usage, and of several candidate paths the best one
answers. The anchor's own dates count as well, like its constraints.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mssmail.core.missing import MissingStatus
from mssmail.core.proof import PathStep, Proof
from mssmail.core.verdict import Fact, Outcome
from mssmail.errors import BadCertificate
from mssmail.settings import RevocationMode
from mssmail.trust.certificate import describe_name
from mssmail.trust.chain import Path, judge_chain, judge_dates
from mssmail.trust.link import Link
from mssmail.trust.path_result import PathResult
from mssmail.trust.revocation import RevocationCheck, Status
from mssmail.trust.search import Search
from mssmail.trust.signers import Signers
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose, find_key_fault, find_usage_fault

# More certificates than this are not of one signer's path; what is beyond is not looked at.
_MAX_EXTRA: Final = 32


def verify_path(
    leaf_der: bytes, extra: Sequence[bytes], store: TrustStore, purpose: Purpose, at: datetime
) -> PathResult:
    """Judge a certificate for a purpose at a time; ``extra`` are certificates the other side sent along.

    Raises BadCertificate when the leaf itself cannot be read; unreadable extras are passed over.
    """
    key = (purpose, leaf_der, tuple(extra))
    known = store.paths.find(key)
    if known is not None and known.valid_from <= at <= known.valid_until:
        return known
    result = _find_best(store.load_link(leaf_der), _load_extra(extra, store), store, purpose, at)
    if result.is_trusted:
        store.keep_path(key, result)
    return result


def _load_extra(extra: Sequence[bytes], store: TrustStore) -> list[Link]:
    links: list[Link] = []
    for der in extra[:_MAX_EXTRA]:
        try:
            links.append(store.load_link(der))
        except BadCertificate:
            continue
    return links


def _find_best(leaf: Link, extra: Sequence[Link], store: TrustStore, purpose: Purpose, at: datetime) -> PathResult:
    search = Search(store, extra)
    best: PathResult | None = None
    for path in search.iterate_paths(leaf):
        result = _judge_path(path, extra, store, purpose, at)
        if result.is_trusted:
            return result
        if best is None or _rank(result) > _rank(best):
            best = result
    return best or _judge_alone(leaf, search.trouble, store, purpose, at)


def _rank(result: PathResult) -> tuple[bool, ...]:
    """A path that failed later in the order of questions is nearer to being right, and its reason says more."""
    passed = tuple(fact.outcome is not Outcome.FAILED for fact in result.facts)
    return (*passed, result.revocation.outcome is Outcome.PASSED)


def _judge_alone(leaf: Link, trouble: str, store: TrustStore, purpose: Purpose, at: datetime) -> PathResult:
    reason = trouble or f"no path leads from {leaf.text} to an anchor"
    if any(anchor.der == leaf.der for anchor in store.anchors.get(leaf.subject, ())):
        reason = f"{leaf.text} is an anchor itself: it is believed for what it signs, and nobody vouches for it"
    return PathResult(
        chain=Fact(Outcome.FAILED, reason),
        dates=judge_dates((leaf,), at),
        revocation=Fact(Outcome.SKIPPED, "without a path there is no issuer to ask about revocation"),
        usage=_judge_usage((leaf,), store, purpose),
        key=leaf.public_key,
    )


def _judge_path(path: Path, extra: Sequence[Link], store: TrustStore, purpose: Purpose, at: datetime) -> PathResult:
    statuses = _find_statuses(path, extra, store, at)
    revocation, missing = _judge_revocation(statuses, path, store)
    chain, policies = judge_chain(path, store.policy.policies)
    dates, usage = judge_dates(path, at), _judge_usage(path, store, purpose)
    is_good = all(fact.outcome is not Outcome.FAILED for fact in (chain, dates, usage))
    return PathResult(
        chain=chain,
        dates=dates,
        revocation=revocation,
        usage=usage,
        path=tuple(link.der for link in path),
        # Nobody is asked about a certificate that fails anyway: strangers would choose what we fetch.
        missing=missing if is_good else (),
        policies=policies,
        key=path[0].public_key,
        valid_from=max([link.not_before for link in path] + [status.valid_from for status in statuses]),
        valid_until=min([link.not_after for link in path] + [status.valid_until for status in statuses]),
        proof=_build_proof(path, statuses),
    )


def _build_proof(path: Path, statuses: Sequence[Status]) -> Proof:
    steps = (PathStep(link.subject_text, link.serial, link.fingerprint, link.not_after) for link in path)
    return Proof(tuple(steps), tuple(dict.fromkeys(source for status in statuses for source in status.sources)))


def _find_statuses(path: Path, extra: Sequence[Link], store: TrustStore, at: datetime) -> list[Status]:
    """One status for each certificate below the anchor."""
    if store.policy.revocation is RevocationMode.OFF:
        return []
    signers = Signers(store, extra, path[-1], at)
    check = RevocationCheck(store.revocation, at, signers.find, lambda key: find_key_fault(key, store.policy))
    return [check.find_status(link, issuer) for link, issuer in itertools.pairwise(path)]


def _judge_revocation(
    statuses: Sequence[Status], path: Path, store: TrustStore
) -> tuple[Fact, tuple[MissingStatus, ...]]:
    if store.policy.revocation is RevocationMode.OFF:
        return Fact(Outcome.SKIPPED, "revocation is not checked (off)"), ()
    for status in statuses:
        if status.outcome is Outcome.FAILED:
            return Fact(Outcome.FAILED, status.reason), ()
    doubts = [status.reason for status in statuses if status.outcome is Outcome.UNKNOWN]
    missing = tuple(
        MissingStatus(describe_name(link.certificate.issuer), link.der, issuer.der)
        for (link, issuer), status in zip(itertools.pairwise(path), statuses, strict=True)
        if status.outcome is Outcome.UNKNOWN
    )
    if not doubts:
        return Fact(Outcome.PASSED, "no certificate of the path is revoked"), ()
    if store.policy.revocation is RevocationMode.SOFT:
        return Fact(Outcome.SKIPPED, f"let pass unchecked (soft): {doubts[0]}"), missing
    return Fact(Outcome.UNKNOWN, doubts[0]), missing


def _judge_usage(path: Path, store: TrustStore, purpose: Purpose) -> Fact:
    fault = find_usage_fault(path, purpose, store.policy)
    if fault:
        return Fact(Outcome.FAILED, fault)
    return Fact(Outcome.PASSED, f"keys, algorithms and usages are fit for {purpose.value}")
