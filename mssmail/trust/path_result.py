"""What is known of one certificate after its path was judged."""

from dataclasses import dataclass
from datetime import datetime

from mssmail.core.missing import MissingStatus
from mssmail.core.proof import NO_PROOF, Proof
from mssmail.core.verdict import Fact, Outcome
from mssmail.trust.pss import PublicKey
from mssmail.trust.revocation import BEGINNING, END


@dataclass(frozen=True, slots=True)
class PathResult:
    """Four facts about one certificate, and the path they speak of (DER, leaf first, anchor last; empty: none found).

    ``policies`` are the certificate policies (dotted OIDs) that hold for it among those we accept.
    ``missing`` is not empty when only revocation stands open: the certificates nobody can speak for now.
    ``key`` is its public key, made whole by the path where it inherits parameters; None when its kind is unknown.
    The facts hold unchanged from ``valid_from`` to ``valid_until``; ``proof`` tells, for people, what they rest on.
    """

    chain: Fact
    dates: Fact
    revocation: Fact
    usage: Fact
    path: tuple[bytes, ...] = ()
    missing: tuple[MissingStatus, ...] = ()
    policies: tuple[str, ...] = ()
    key: PublicKey | None = None
    valid_from: datetime = BEGINNING
    valid_until: datetime = END
    proof: Proof = NO_PROOF

    @property
    def facts(self) -> tuple[Fact, ...]:
        """In the order they are asked."""
        return (self.chain, self.dates, self.revocation, self.usage)

    @property
    def outcome(self) -> Outcome:
        """The facts in one: failed before unknown before passed; what was not asked does not count."""
        found = {fact.outcome for fact in self.facts}
        return next((o for o in (Outcome.FAILED, Outcome.UNKNOWN) if o in found), Outcome.PASSED)

    @property
    def is_trusted(self) -> bool:
        """Nothing failed and nothing stayed open."""
        return self.outcome is Outcome.PASSED

    @property
    def reason(self) -> str:
        """Why it is not trusted, or that it is."""
        wanted = self.outcome
        return next((fact.reason for fact in self.facts if fact.outcome is wanted), "")
