"""What verification found: separate facts, and a summary derived from them.

Integrity, chain, dates, revocation, usage and author are different questions; one boolean for all of them is how
mail software overstates what it knows. A verdict cannot be Trusted without a signer.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from mssmail.core.clock import require_aware
from mssmail.core.proof import NO_PROOF, Proof


class Outcome(Enum):
    """The answer to one question."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # could not be checked: our doubt, not their fault
    SKIPPED = "skipped"  # not asked: switched off, or nothing to ask about


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer with the reason a person can read; the reason is printable ASCII, one line."""

    outcome: Outcome
    reason: str


SKIPPED = Fact(Outcome.SKIPPED, "not examined")


@dataclass(frozen=True, slots=True)
class Facts:
    """The six questions of a signature, in the order they are asked."""

    integrity: Fact  # do digest and signature value hold over the bytes as received?
    chain: Fact  # does the certificate chain to one of our anchors?
    dates: Fact  # is every certificate of the chain in date at the time of judging?
    revocation: Fact  # is none of them revoked?
    usage: Fact  # key usage, extended key usage, algorithms and key sizes
    author: Fact  # does the signer speak for the From address?

    def items(self) -> tuple[tuple[str, Fact], ...]:
        """(name, fact) in order."""
        return (
            ("integrity", self.integrity),
            ("chain", self.chain),
            ("dates", self.dates),
            ("revocation", self.revocation),
            ("usage", self.usage),
            ("author", self.author),
        )


NO_FACTS = Facts(SKIPPED, SKIPPED, SKIPPED, SKIPPED, SKIPPED, SKIPPED)


class SignerKind(Enum):
    """Whose certificate signed."""

    PERSONAL = "personal"
    ORGANISATION = "organisation"  # domain-signing-authority@domain, RFC 3183 §3.1


@dataclass(frozen=True, slots=True)
class Signer:
    """The certificate that signed. Names are RFC 4514 strings for people to read, never to compare."""

    subject: str
    issuer: str
    serial: int
    emails: tuple[str, ...]
    kind: SignerKind
    fingerprint: str  # SHA-256 of the DER, lower-case hex
    not_after: datetime
    signed_at: datetime | None = None  # signing-time attribute (RFC 5652 §11.3), claimed by the signer

    def __post_init__(self) -> None:
        require_aware(self.not_after)


class Structure(Enum):
    """What the outermost layer of the message is."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"  # multipart/signed, or application/pkcs7-mime signed-data
    ENCRYPTED = "encrypted"  # enveloped-data or authEnveloped-data


@dataclass(frozen=True, slots=True)
class Unsigned:
    """There is no signature."""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """The outermost layer is enveloped: nobody here can say who wrote it."""


@dataclass(frozen=True, slots=True)
class Altered:
    """The content is not what was signed, or the signature is no signature at all."""

    cause: str


@dataclass(frozen=True, slots=True)
class Untrusted:
    """The signature holds, but not from anyone we have reason to believe for this author."""

    cause: str


@dataclass(frozen=True, slots=True)
class Undetermined:
    """We cannot say now, because something on our side is missing."""

    cause: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """Every question passed."""

    signer: Signer


Summary = Unsigned | Encrypted | Altered | Untrusted | Undetermined | Trusted

_TRUST_QUESTIONS = ("chain", "dates", "revocation", "usage", "author")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything verification found about one message."""

    structure: Structure
    facts: Facts = NO_FACTS
    signer: Signer | None = None
    proof: Proof = NO_PROOF  # of several signers the first one's path, and the sources of all
    summary: Summary = field(init=False, compare=False, repr=False)
    """The facts in one word, worst first: a fault of theirs outweighs a doubt of ours."""

    def __post_init__(self) -> None:
        if self.structure is not Structure.SIGNED and self.signer is not None:
            raise ValueError("a message that is not signed has no signer")
        object.__setattr__(self, "summary", self._summarise())

    def _summarise(self) -> Summary:
        if self.structure is Structure.UNSIGNED:
            return Unsigned()
        if self.structure is Structure.ENCRYPTED:
            return Encrypted()
        return self._summarise_signed()

    def _summarise_signed(self) -> Summary:
        integrity = self.facts.integrity
        if integrity.outcome is Outcome.FAILED:
            return Altered(integrity.reason)
        questions = [fact for name, fact in self.facts.items() if name in _TRUST_QUESTIONS]
        for fact in questions:
            if fact.outcome is Outcome.FAILED:
                return Untrusted(fact.reason)
        for fact in (integrity, *questions):
            if fact.outcome is Outcome.UNKNOWN:
                return Undetermined(fact.reason)
        if self.signer is None or integrity.outcome is not Outcome.PASSED:
            return Undetermined("the signature was not examined")
        return Trusted(self.signer)


UNSIGNED = Verdict(Structure.UNSIGNED)
ENCRYPTED = Verdict(Structure.ENCRYPTED)
