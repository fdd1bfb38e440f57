"""A small PKI for tests, made once per process: root, issuing CA and whatever a test asks for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.lab.pki import (
    Authority,
    Credential,
    KeyKind,
    create_root,
    issue_operator,
    issue_organisation,
    issue_person,
)

NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


@dataclass
class Pki:
    """Root and issuing CA, both P-256 for speed, with their CRLs; leaves are cached by name and kind of key."""

    now: datetime = NOW
    root: Authority = field(init=False)
    issuing: Authority = field(init=False)
    _made: dict[tuple[str, str, KeyKind], Credential] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = create_root("Test Root", self.now - timedelta(days=30), kind=KeyKind.P256)
        self.issuing = self.root.issue_authority("Test Issuing", self.now - timedelta(days=30), kind=KeyKind.P256)

    def make_operator(self, name: str, kind: KeyKind = KeyKind.P256) -> Credential:
        """An operator's TLS certificate with CN ``name``, good for localhost and 127.0.0.1."""
        return self._make("operator", name, kind)

    def make_person(self, address: str, kind: KeyKind = KeyKind.P256) -> Credential:
        """A personal S/MIME certificate."""
        return self._make("person", address, kind)

    def make_organisation(self, domain: str, kind: KeyKind = KeyKind.P256) -> Credential:
        """The S/MIME certificate of domain-signing-authority@domain."""
        return self._make("organisation", domain, kind)

    def make_expired(self, address: str, kind: KeyKind = KeyKind.P256) -> Credential:
        """A personal certificate that ended ten days ago."""
        return issue_person(self.issuing, address, self.now, kind=kind, valid=timedelta(days=-10))

    def make_crls(self, *revoked: Credential) -> tuple[bytes, ...]:
        """Fresh CRLs (DER) of issuing CA and root; the credentials named are on the issuing CA's, and stay there."""
        for credential in revoked:
            self.issuing.revoke(credential.certificate, self.now - timedelta(days=1))
        return self.issuing.build_crl(self.now), self.root.build_crl(self.now)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """The root, DER."""
        return (self.root.certificate.public_bytes(Encoding.DER),)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        """The issuing CA, DER."""
        return (self.issuing.certificate.public_bytes(Encoding.DER),)

    def write_anchors(self, directory: Path) -> Path:
        """Leave root.crt in the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "root.crt").write_bytes(self.root.certificate.public_bytes(Encoding.PEM))
        return directory

    def _make(self, what: str, name: str, kind: KeyKind) -> Credential:
        key = (what, name, kind)
        if key not in self._made:
            issue = {"operator": issue_operator, "person": issue_person, "organisation": issue_organisation}[what]
            self._made[key] = issue(self.issuing, name, self.now - timedelta(days=1), kind=kind)  # type: ignore[operator]
        return self._made[key]


@cache
def build_pki(now: datetime = NOW) -> Pki:
    """The PKI shared by the tests of one process. Who revokes makes a ``Pki`` of their own."""
    return Pki(now)


@cache
def build_foreign_pki(now: datetime = NOW) -> Pki:
    """Another PKI nobody trusts."""
    return Pki(now)
