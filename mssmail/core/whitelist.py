"""The white list: which certificate names may speak for which domain.

Values of this type are made only by ``trust.whitelist``, after the list's signature held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mssmail.core.clock import require_aware
from mssmail.core.domain_table import DomainTable, build_domain_table
from mssmail.core.names import DistinguishedName


@dataclass(frozen=True, slots=True)
class WhiteList:
    """Member domains (normal form) with the names that may speak for each; ``sha256`` is that of the list's bytes.

    ``faults`` says in one line each which entries could not be read and so allow nothing. Any mapping of domains may be
    given; what is kept is a ``DomainTable``.
    """

    generated_at: datetime
    signer: str
    sha256: str
    domains: Mapping[str, frozenset[DistinguishedName]]
    entries: int  # Domaine elements, duplicates and several names per domain included
    faults: tuple[str, ...] = ()

    table: DomainTable = field(init=False, compare=False, repr=False)  # ``domains`` as what they are

    def __post_init__(self) -> None:
        require_aware(self.generated_at)
        domains = self.domains
        table = domains if isinstance(domains, DomainTable) else build_domain_table(domains.items())
        object.__setattr__(self, "domains", table)
        object.__setattr__(self, "table", table)

    def has_domain(self, domain: str) -> bool:
        """The domain itself is listed; sub-domains of a listed domain are not."""
        return domain in self.domains

    def may_speak(self, name: DistinguishedName | None, domain: str) -> bool:
        """This name is listed for this very domain; no name speaks for none."""
        return name is not None and self.table.may_speak(name, domain)

    def has_name(self, name: DistinguishedName | None) -> bool:
        """This name is listed for some domain."""
        return name is not None and self.table.has_name(name)

    def find_domains(self, name: DistinguishedName) -> frozenset[str]:
        """The domains this name may speak for; walks the whole list."""
        return self.table.find_domains(name)
