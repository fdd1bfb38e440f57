"""White lists for tests: entries, signers of every kind, and the trust to judge them with."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from mssmail.lab.pki import Authority, Credential, KeyKind, Profile, build_subject
from mssmail.settings import RevocationMode
from mssmail.trust.sign_list import ListEntry, SigningKey, build_white_list, sign_white_list
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.pki import NOW, Pki, build_pki

RULE = "mail=alb@mssante.test"
GENERATED_AT = NOW - timedelta(hours=6)
NAME = "CN=mss.{0},OU=1990000001,O=CENTRE HOSPITALIER {0},ST=Nord (59),C=FR"


_MADE: dict[tuple[KeyKind, str, str], Credential] = {}


def make_signer(
    kind: KeyKind = KeyKind.P256, name: str = "alb.mssante.test", email: str = "alb@mssante.test"
) -> Credential:
    """A list signer as the real one: an S/MIME certificate of the issuing CA."""
    key = (kind, name, email)
    if key not in _MADE:
        _MADE[key] = issue_signer(build_pki().issuing, kind, name, email)
    return _MADE[key]


def issue_signer(
    authority: Authority,
    kind: KeyKind = KeyKind.P256,
    name: str = "alb.mssante.test",
    email: str = "alb@mssante.test",
    valid: timedelta = timedelta(days=1095),
) -> Credential:
    """The same from any authority, for any time."""
    subject = build_subject(name, "AGENCE", "318751275100000")
    return authority.issue(Profile.PERSON, subject, NOW - timedelta(days=1), emails=(email,), kind=kind, valid=valid)


def make_store(
    pki: Pki | None = None,
    crls: tuple[bytes, ...] | None = None,
    revocation: RevocationMode = RevocationMode.HARD,
    generation: int = 1,
) -> TrustStore:
    """Trust in the test PKI, with fresh CRLs when none are given."""
    pki = pki or build_pki()
    crls = pki.make_crls() if crls is None else crls
    policy = SignaturePolicy(revocation=revocation)
    return build_trust_store(TrustSnapshot(generation, pki.anchors, pki.intermediates, crls, policy))


def make_entries(*domains: str) -> list[ListEntry]:
    """One entry a domain, its name made from the domain."""
    return [ListEntry(domain, NAME.format(domain), NOW - timedelta(days=30)) for domain in domains]


def make_list(
    entries: Iterable[ListEntry] | None = None,
    *,
    generated_at: datetime = GENERATED_AT,
    signer: Credential | None = None,
) -> bytes:
    """A signed list; of two domains when nothing else is said."""
    chosen = make_entries("ch-a.test", "ch-b.test") if entries is None else entries
    return sign(build_white_list(chosen, generated_at), signer)


def sign(raw: bytes, signer: Credential | None = None) -> bytes:
    """Any list text, signed."""
    credential = signer or make_signer()
    return sign_white_list(raw, read_key(credential), credential.certificate)


def read_key(credential: Credential) -> SigningKey:
    """The credential's key, which must be one that signs lists."""
    key = credential.key
    if not isinstance(key, SigningKey):
        raise TypeError("lists are signed with RSA or ECDSA")
    return key
