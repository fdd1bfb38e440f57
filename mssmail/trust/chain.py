"""Whether certificates make a chain: who may certify whom, for which names, policies and depth (RFC 5280 §6.1).

Signatures were the search's question; revocation and purpose are others, and dates are a fact of their own. The
anchor's constraints count as well (RFC 5937), being what the anchor's owner meant.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cryptography import x509

from mssmail.core.verdict import Fact, Outcome
from mssmail.trust.certificate import shorten_name
from mssmail.trust.link import Link
from mssmail.trust.name_constraints import NameRule, find_forbidden_name
from mssmail.trust.policies import PolicyRequest, find_policies

Path = tuple[Link, ...]


def judge_chain(path: Path, request: PolicyRequest) -> tuple[Fact, tuple[str, ...]]:
    """The fact, and the certificate policies for which the path (leaf first, anchor last) is valid."""
    for find_fault in _RULES:
        fault = find_fault(path)
        if fault:
            return Fact(Outcome.FAILED, fault), ()
    answer = find_policies(path, request)
    if answer.fault:
        return Fact(Outcome.FAILED, answer.fault), ()
    anchor = shorten_name(path[-1].subject_text)
    reason = f"{path[0].text} chains to the anchor {anchor} in {len(path)} certificates"
    return Fact(Outcome.PASSED, reason), answer.policies


def judge_dates(path: Path, at: datetime) -> Fact:
    """Every certificate of the path is in date."""
    for link in path:
        if at > link.not_after:
            return Fact(Outcome.FAILED, f"{link.text} expired at {link.not_after:%Y-%m-%d %H:%M}Z")
        if at < link.not_before:
            return Fact(Outcome.FAILED, f"{link.text} is valid only from {link.not_before:%Y-%m-%d %H:%M}Z")
    earliest = min(link.not_after for link in path)
    return Fact(Outcome.PASSED, f"in date until {earliest:%Y-%m-%d %H:%M}Z")


def _find_authority_fault(path: Path) -> str:
    """Whoever signs a certificate is a CA and may sign certificates, RFC 5280 §6.1.4 (k) and (n)."""
    for depth, link in enumerate(path[1:], 1):
        constraints, usage = link.basic_constraints, link.key_usage
        is_old_anchor = depth == len(path) - 1 and link.certificate.version is x509.Version.v1
        if not is_old_anchor and (constraints is None or not constraints.ca):
            return f"{link.text} is not a CA certificate"
        if usage is not None and not usage.key_cert_sign:
            return f"the key usage of {link.text} does not allow signing certificates"
    return ""


def _find_length_fault(path: Path) -> str:
    """Path length, RFC 5280 §6.1.4 (l) and (m): self-issued certificates do not count."""
    allowed = len(path)
    for link in reversed(path[1:]):
        if link is not path[-1] and not link.is_self_issued:
            if allowed == 0:
                return f"{link.text} makes the path longer than a CA above it allows"
            allowed -= 1
        constraints = link.basic_constraints
        if constraints is not None and constraints.path_length is not None:
            allowed = min(allowed, constraints.path_length)
    return ""


def _find_identity_fault(path: Path) -> str:
    """A certificate names somebody: in its subject, or in a critical subjectAltName (RFC 5280 §4.1.2.6)."""
    leaf = path[0]
    if not leaf.subject and not leaf.has_critical_alternative_names:
        return f"{leaf.text} has an empty subject and no critical subjectAltName"
    return ""


def _find_role_fault(path: Path) -> str:
    """Who is no CA is not given what only CAs have (RFC 5280 §4.2.1.9, §4.2.1.10): a mistake, or a trick."""
    leaf = path[0]
    if leaf.is_authority or leaf.certificate.version is x509.Version.v1:
        return ""
    if leaf.key_usage is not None and leaf.key_usage.key_cert_sign:
        return f"the key usage of {leaf.text} allows signing certificates, and it is not a CA certificate"
    return f"{leaf.text} has name constraints and is not a CA certificate" if leaf.name_constraints else ""


def _find_name_fault(path: Path) -> str:
    """Name constraints, RFC 5280 §6.1.3 (b) and (c): self-issued certificates are exempt, but not the leaf."""
    rules: list[NameRule] = []
    for link in reversed(path):
        if link is path[0] or not link.is_self_issued:
            forbidden = find_forbidden_name(link, rules)
            if forbidden:
                return f"a CA above {link.text} is not allowed to certify the name {forbidden}"
        if link.name_constraints is not None:
            if link.has_subtree_distances:
                return f"the name constraints of {link.text} count distances (RFC 5280 section 4.2.1.10)"
            rules.append(link.name_constraints)
    return ""


def _find_extension_fault(path: Path) -> str:
    for link in path:
        if link.unknown_critical:
            return f"{link.text} has the unknown critical extension {link.unknown_critical[0]}"
    return ""


_RULES: Final[tuple[Callable[[Path], str], ...]] = (
    _find_authority_fault,
    _find_length_fault,
    _find_identity_fault,
    _find_role_fault,
    _find_name_fault,
    _find_extension_fault,
)
