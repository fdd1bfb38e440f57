"""The white list: which certificate names may speak for which domain.

Values of this type are made only by ``trust.whitelist``, after the list's signature held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mssmail.core.clock import require_aware
from mssmail.core.domain_table import DomainTable
from mssmail.core.names import DistinguishedName


@dataclass(frozen=True, slots=True)
class WhiteList:
    """Member domains (normal form) with the names that may speak for each; ``sha256`` is that of the list's bytes.

    ``faults`` says in one line each which entries could not be read and so allow nothing.
    """

    generated_at: datetime
    signer: str
    sha256: str
    domains: Mapping[str, frozenset[DistinguishedName]]
    entries: int  # Domaine elements, duplicates and several names per domain included
    faults: tuple[str, ...] = ()
    names: frozenset[DistinguishedName] = field(init=False, compare=False, repr=False)  # of all domains together

    def __post_init__(self) -> None:
        require_aware(self.generated_at)
        names: set[DistinguishedName] = set()
        sets = self.domains.sets if isinstance(self.domains, DomainTable) else self.domains.values()
        for some in sets:  # a loop and not one union: other threads run in between
            names |= some
        object.__setattr__(self, "names", frozenset(names))

    def has_domain(self, domain: str) -> bool:
        """The domain itself is listed; sub-domains of a listed domain are not."""
        return domain in self.domains

    def may_speak(self, name: DistinguishedName | None, domain: str) -> bool:
        """This name is listed for this very domain; no name speaks for none."""
        return name in self.domains.get(domain, frozenset())

    def has_name(self, name: DistinguishedName | None) -> bool:
        """This name is listed for some domain."""
        return name in self.names

    def find_domains(self, name: DistinguishedName) -> frozenset[str]:
        """The domains this name may speak for; walks the whole list."""
        return frozenset(domain for domain, names in self.domains.items() if name in names)
