"""Who signed, and whether they speak for the author."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509

from mssmail.core.address import Address
from mssmail.core.verdict import Fact, Outcome, Signer, SignerKind
from mssmail.smime.signed_data import SignerInfo
from mssmail.trust.certificate import escape_text
from mssmail.trust.link import Link
from mssmail.trust.pss import PssKey

# The name of a domain's signing authority, RFC 3183 §3.1.1.
ORGANISATION_LOCAL_PART: Final = "domain-signing-authority"
_MAX_NAMED: Final = 4
_MAX_NAME: Final = 4_096


def find_certificates(signer: SignerInfo, known: Sequence[Link]) -> list[Link]:
    """The certificates the signer may mean, in the order known: by issuer and serial, or by key identifier.

    Nothing protects this hint (RFC 5652 §5.3 signs neither): whether it was right shows when the signature holds.
    """
    if signer.key_id is not None:
        return [link for link in known if _has_key_id(link, signer.key_id)]
    return [link for link in known if link.serial == signer.serial and _is_issued_under(link, signer.issuer)]


def _has_key_id(link: Link, key_id: bytes) -> bool:
    """By the certificate's extension; where it has none, by the digest most issuers use (RFC 5280 §4.2.1.2 (1))."""
    if link.key_id is not None:
        return link.key_id == key_id
    key = link.public_key.key if isinstance(link.public_key, PssKey) else link.public_key
    return key is not None and x509.SubjectKeyIdentifier.from_public_key(key).digest == key_id


def _is_issued_under(link: Link, issuer: bytes) -> bool:
    """The names are equal octet by octet or, where a program wrote one anew, as names are compared."""
    if link.issuer_der == issuer:
        return True
    if len(issuer) > _MAX_NAME:
        return False
    try:
        return bool(asn1_x509.Name.load(link.issuer_der) == asn1_x509.Name.load(issuer))
    except (ValueError, TypeError):
        return False


def build_signer(link: Link, signed_at: datetime | None) -> Signer:
    """The signer as the verdict names it."""
    is_organisation = any(key.partition("@")[0] == ORGANISATION_LOCAL_PART for key in link.addresses)
    return Signer(
        subject=link.subject_text,
        issuer=link.issuer_text,
        serial=link.serial,
        emails=tuple(escape_text(email) for email in link.emails),
        kind=SignerKind.ORGANISATION if is_organisation else SignerKind.PERSONAL,
        fingerprint=link.fingerprint,
        not_after=link.not_after,
        signed_at=signed_at,
    )


def judge_author(link: Link, authors: Sequence[Address]) -> Fact:
    """The signer is the one author (RFC 8550 §3), or signs for exactly the author's domain (RFC 3183 §3.1)."""
    if not authors:
        return Fact(Outcome.FAILED, "From names no author whose address is beyond doubt")
    if len(authors) > 1:
        return Fact(Outcome.FAILED, f"From names {len(authors)} authors; a signature speaks for one")
    author = authors[0]
    if author.key in link.addresses:
        return Fact(Outcome.PASSED, f"the signer is the author {author}")
    if f"{ORGANISATION_LOCAL_PART}@{author.domain}" in link.addresses:
        return Fact(Outcome.PASSED, f"the signer signs for the author's domain {author.domain}")
    if not link.emails:
        return Fact(Outcome.FAILED, f"{link.text} names no e-mail address; From is {author}")
    named = ", ".join(escape_text(email) for email in link.emails[:_MAX_NAMED])
    return Fact(Outcome.FAILED, f"the signer speaks for {named[:200]}; From is {author}")
