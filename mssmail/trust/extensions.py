"""What certificates hold and the library does not read: policy mappings, and the distances of name constraints."""

from collections.abc import Iterator
from typing import Final

from mssmail.errors import BadSyntax
from mssmail.trust import der

_NAME_CONSTRAINTS: Final = der.encode_oid("2.5.29.30")
_MAX_FIELDS: Final = 16
_MAX_EXTENSIONS: Final = 20_000
_MAX_SUBTREES: Final = 20_000

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
        return any(_has_distance(certificate, start, stop) for start, stop in _iterate_subtrees(certificate))
    except BadSyntax:
        return True  # whoever cannot read it cannot honour it


def _iterate_subtrees(certificate: bytes) -> Iterator[tuple[int, int]]:
    """The contents of each GeneralSubtree ::= SEQUENCE { base, [0] minimum, [1] maximum }."""
    start, end = _find_extension(certificate, _NAME_CONSTRAINTS)
    start, end = der.expect_tlv(certificate, start, end, der.SEQUENCE)
    for _, _, inner, stop in der.split_elements(certificate, start, end, 2):  # permitted, excluded
        for _, _, at, after in der.split_elements(certificate, inner, stop, _MAX_SUBTREES):
            yield at, after


def _has_distance(certificate: bytes, start: int, stop: int) -> bool:
    """A minimum of 0 is the default, which DER leaves out and some write."""
    _, *bounds = der.split_elements(certificate, start, stop, 3)
    return any(tag != der.PRIMITIVE_0 or certificate[at:end] != b"\0" for tag, _, at, end in bounds)


def _find_extension(certificate: bytes, oid: bytes) -> tuple[int, int]:
    """Where the value of the extension is; raises BadSyntax when it is not there."""
    start, end = der.expect_tlv(certificate, 0, len(certificate), der.SEQUENCE)
    start, end = der.expect_tlv(certificate, start, end, der.SEQUENCE)
    for tag, _, inner, stop in der.split_elements(certificate, start, end, _MAX_FIELDS):
        if tag == der.CONTEXT_3:
            at, last = der.expect_tlv(certificate, inner, stop, der.SEQUENCE)
            for _, _, each, after in der.split_elements(certificate, at, last, _MAX_EXTENSIONS):
                *_, value = der.split_elements(certificate, each, after, 3)
                if certificate.startswith(oid, each):
                    return value[2], value[3]
    raise BadSyntax("the extension is not there")
