"""Which certificates, and which reasons of revocation, a list covers: RFC 5280 §6.3.3 (b) to (e)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography import x509

from mssmail.trust.certificate import NameKey, fold_name
from mssmail.trust.crl import Crl
from mssmail.trust.link import Link

Reasons: TypeAlias = frozenset[x509.ReasonFlags]

# The reasons a distribution point can be limited to (RFC 5280 §4.2.1.13); all of them together are "revoked at all".
ALL_REASONS: Final[Reasons] = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
_Key: TypeAlias = tuple[str, object]
_MAX_POINTS: Final = 32


@dataclass(frozen=True, slots=True)
class Point:
    """One distribution point of a certificate. ``names`` None: it names none; ``issuers`` empty: the certificate's."""

    names: frozenset[_Key] | None
    issuers: tuple[NameKey, ...] = ()
    issuer_names: frozenset[_Key] = frozenset()
    reasons: Reasons = ALL_REASONS


def read_points(link: Link) -> tuple[Point, ...]:
    """The distribution points of the certificate, and last the one all have: whatever its issuer publishes."""
    stated = tuple(link.distribution_points or ())[:_MAX_POINTS]
    return (*(_read_point(point, link) for point in stated), Point(frozenset({("name", link.issuer)})))


def _read_point(point: x509.DistributionPoint, link: Link) -> Point:
    issuers = tuple(fold_name(name.value) for name in point.crl_issuer or () if isinstance(name, x509.DirectoryName))
    base = issuers[0] if issuers else link.issuer
    return Point(
        names=_read_names(point.full_name, point.relative_name, base),
        issuers=issuers,
        issuer_names=frozenset(map(_fold, point.crl_issuer or ())),
        reasons=ALL_REASONS if point.reasons is None else point.reasons & ALL_REASONS,
    )


def _read_names(
    full: Iterable[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, base: NameKey
) -> frozenset[_Key] | None:
    """A relative name goes on from the CRL issuer's (RFC 5280 §4.2.1.13)."""
    if relative is not None:
        return frozenset({("name", fold_name(x509.Name([relative])) + base)})
    return None if full is None else frozenset(map(_fold, full))


def _fold(name: x509.GeneralName) -> _Key:
    return (
        ("name", fold_name(name.value)) if isinstance(name, x509.DirectoryName) else (type(name).__name__, name.value)
    )


def find_scope_fault(crl: Crl, point: Point, link: Link) -> str:
    """Why the list does not cover the certificate at this distribution point (RFC 5280 §6.3.3 (b)), or empty."""
    if crl.issuer != link.issuer:
        if crl.issuer not in point.issuers:
            return f"it is of {crl.issuer_text}, whom the certificate does not name"
        if not crl.is_indirect:
            return "it is not an indirect list"
    elif point.issuers and crl.issuer not in point.issuers:
        return "the certificate names another issuer of lists"
    return "" if crl.point is None else _find_kind_fault(crl, point, link)


def _find_kind_fault(crl: Crl, point: Point, link: Link) -> str:
    limits = crl.point
    if limits is None:
        return ""
    if limits.only_contains_attribute_certs:
        return "it is for attribute certificates"
    if limits.only_contains_user_certs and link.is_authority:
        return "it is for user certificates only"
    if limits.only_contains_ca_certs and not link.is_authority:
        return "it is for CA certificates only"
    names = _read_names(limits.full_name, limits.relative_name, crl.issuer)
    if names is None or names & (point.issuer_names if point.names is None else point.names):
        return ""
    return "it does not cover this certificate: it is for another distribution point"


def find_reasons(crl: Crl, point: Point) -> Reasons:
    """The reasons the list tells about at this distribution point (RFC 5280 §6.3.3 (d))."""
    some = None if crl.point is None else crl.point.only_some_reasons
    return point.reasons if some is None else point.reasons & some
