"""What the operator asks of signatures."""

from dataclasses import dataclass, field

from mssmail.settings import RevocationMode
from mssmail.trust.policies import PolicyRequest


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """What we ask of every signature, whoever made it."""

    min_rsa_bits: int = 2_048
    allow_sha1: bool = False
    revocation: RevocationMode = RevocationMode.HARD
    author_rule: bool = True
    policies: PolicyRequest = field(default_factory=PolicyRequest)
    allow_dsa: bool = False
