"""Distinguished names as ordered RDNs, and the tolerant comparison the white list needs.

A certificate's name is never turned into a string to be compared: strings lose which comma was a separator.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

AttributeValue = tuple[str, str]  # (dotted OID, value as written)


def fold_value(value: str) -> str:
    """The value as compared: NFC, no-break spaces as blanks, runs of blanks as one, trimmed, case folded."""
    return " ".join(unicodedata.normalize("NFC", value).split()).casefold()


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """Relative distinguished names, most specific first (CN … C), each a set of (dotted OID, folded value)."""

    rdns: tuple[frozenset[AttributeValue], ...]

    def __post_init__(self) -> None:
        if not self.rdns or not all(self.rdns):
            raise ValueError("a distinguished name has at least one attribute in each RDN")
        for rdn in self.rdns:
            if any(fold_value(value) != value for _, value in rdn):
                raise ValueError("build names with build_name: values must be folded")


def build_name(rdns: Iterable[Iterable[AttributeValue]]) -> DistinguishedName:
    """A name from its RDNs, most specific first; values are folded here."""
    return DistinguishedName(tuple(frozenset((oid, fold_value(value)) for oid, value in rdn) for rdn in rdns))
