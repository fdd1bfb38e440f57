"""What certificates hold and the library does not read: policy mappings, and the distances of name constraints."""

from typing import Final

from asn1crypto import x509 as asn1_x509

from mssmail.trust import der

_MAX_MAPPINGS: Final = 2_000


def parse_policy_mappings(value: bytes) -> dict[str, frozenset[str]]:
    """RFC 5280 §4.2.1.5; raises BadSyntax. ``SEQUENCE OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }``."""
    start, end = der.expect_tlv(value, 0, len(value), der.SEQUENCE)
    found: dict[str, set[str]] = {}
    for _, at, _, stop in der.split_elements(value, start, end, _MAX_MAPPINGS):
        inner, inner_end = der.expect_tlv(value, at, stop, der.SEQUENCE)
        first, first_end = der.expect_tlv(value, inner, inner_end, der.OID)
        second, second_end = der.expect_tlv(value, first_end, inner_end, der.OID)
        policies = found.setdefault(der.describe_oid(value[first:first_end]), set())
        policies.add(der.describe_oid(value[second:second_end]))
    return {policy: frozenset(mapped) for policy, mapped in found.items()}


def has_distances(certificate: bytes) -> bool:
    """A GeneralSubtree of the certificate's nameConstraints has a minimum or a maximum (RFC 5280 §4.2.1.10)."""
    try:
        constraints = asn1_x509.Certificate.load(certificate).name_constraints_value.native
    except (ValueError, TypeError, AttributeError):
        return True  # whoever cannot read it cannot honour it
    subtrees = (constraints["permitted_subtrees"] or []) + (constraints["excluded_subtrees"] or [])
    return any(subtree["minimum"] or subtree["maximum"] is not None for subtree in subtrees)
