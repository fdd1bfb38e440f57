"""What a verdict on a certificate rests on: the path to the anchor, and which lists and answers were asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PathStep:
    """One certificate of a path. Names are RFC 4514 strings for people to read, never to compare."""

    subject: str
    serial: int
    fingerprint: str  # SHA-256 of the DER, lower-case hex
    not_after: datetime

    def encode(self) -> Mapping[str, object]:
        """As JSON shows it."""
        return {
            "subject": self.subject,
            "serial": f"{self.serial:X}",
            "fingerprint": self.fingerprint,
            "not_after": self.not_after.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class StatusSource:
    """A revocation list or an OCSP answer that told the status of a certificate; answers have no ``number``."""

    kind: str  # CRL, delta CRL, OCSP
    issuer: str
    number: int | None
    this_update: datetime
    next_update: datetime | None

    def encode(self, at: datetime) -> Mapping[str, object]:
        """As JSON shows it, with its age at that time."""
        return {
            "kind": self.kind,
            "issuer": self.issuer,
            "number": self.number,
            "this_update": self.this_update.isoformat(),
            "next_update": None if self.next_update is None else self.next_update.isoformat(),
            "age_seconds": int((at - self.this_update).total_seconds()),
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """The path, leaf first and anchor last, and the sources asked about its certificates; empty where there is none."""

    path: tuple[PathStep, ...] = ()
    sources: tuple[StatusSource, ...] = ()

    def encode(self, at: datetime) -> dict[str, object]:
        """As JSON shows it, ages counted at that time."""
        return {
            "path": [step.encode() for step in self.path],
            "sources": [source.encode(at) for source in self.sources],
        }


NO_PROOF = Proof()
