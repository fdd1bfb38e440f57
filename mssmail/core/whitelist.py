"""The white list: which certificate names may speak for which domain.

Values of this type are made only by ``trust.whitelist``, after the list's signature held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mssmail.core.names import DistinguishedName


@dataclass(frozen=True, slots=True)
class WhiteList:
    """Member domains (normal form) with the names that may speak for each; ``sha256`` is that of the list's bytes."""

    generated_at: datetime
    signer: str
    sha256: str
    domains: Mapping[str, frozenset[DistinguishedName]]
    entries: int  # Domaine elements, duplicates and several names per domain included

    def has_domain(self, domain: str) -> bool:
        """The domain itself is listed; sub-domains of a listed domain are not."""
        return domain in self.domains

    def may_speak(self, name: DistinguishedName, domain: str) -> bool:
        """This name is listed for this very domain."""
        return name in self.domains.get(domain, frozenset())

    def has_name(self, name: DistinguishedName) -> bool:
        """This name is listed for some domain."""
        return any(name in names for names in self.domains.values())
