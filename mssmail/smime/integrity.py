"""Does one signature hold over the content as received? RFC 5652 §5.4, §5.6 and §11.

The signature covers the signed attributes, and these cover the content by its digest; without attributes it covers
the content itself. Attributes are hashed as they came, and contentType and messageDigest stand there exactly once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mssmail.core.verdict import Fact, Outcome
from mssmail.errors import BadSyntax
from mssmail.smime.algorithms import (
    SHA1,
    SHA224,
    Digest,
    SignatureAlgorithm,
    describe_identifier,
    is_signature_valid,
    may_sign,
    parse_digest,
    parse_signature_algorithm,
)
from mssmail.smime.signed_data import DATA, SignerInfo, parse_attributes
from mssmail.trust import der
from mssmail.trust.pss import PublicKey
from mssmail.trust.signature_policy import SignaturePolicy

_CONTENT_TYPE: Final = der.encode_oid_value("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = der.encode_oid_value("1.2.840.113549.1.9.4")
_SIGNING_TIME: Final = der.encode_oid_value("1.2.840.113549.1.9.5")
_TIMES: Final = {
    der.UTC_TIME: re.compile(rb"(\d\d)" + rb"(\d\d)" * 5 + rb"Z"),
    der.GENERALIZED_TIME: re.compile(rb"(\d{4})" + rb"(\d\d)" * 5 + rb"Z"),
}
_NEVER: Final = re.compile(rb"(?!)")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")

Attributes = dict[bytes, list[bytes]]


@dataclass(frozen=True, slots=True)
class SignedContent:
    """What is said to be signed: its CMS type, its octets, and whether they are MIME text outside the CMS message."""

    content_type: bytes
    octets: bytes
    is_mime: bool

    def iterate_readings(self) -> Iterator[bytes]:
        """The octets as received, then MIME text that lost its CRs in a file in canonical form (RFC 8551 §3.1.1).

        Over SMTP there is no second reading: a bare LF does not get this far.
        """
        yield self.octets
        if self.is_mime and self.octets.count(b"\n") != self.octets.count(b"\r\n"):
            yield _BARE_LF.sub(b"\r\n", self.octets)


@dataclass(frozen=True, slots=True)
class Integrity:
    """The fact, and beside it: why the algorithms are not believed (or empty), and what the signer claims of time.

    ``is_made_by_key`` tells that the signature value is the key's, even if the content is no longer what it signed.
    """

    fact: Fact
    weakness: str = ""
    is_made_by_key: bool = False
    signed_at: datetime | None = None


def verify_integrity(
    signer: SignerInfo, content: SignedContent, key: PublicKey | None, policy: SignaturePolicy
) -> Integrity:
    """Check one signature; ``key`` is None when the signer's certificate is not at hand."""
    try:
        digest, algorithm = parse_digest(signer.digest), parse_signature_algorithm(signer.algorithm)
        if digest is None or algorithm is None:
            return _refuse_algorithm(describe_identifier(signer.digest if digest is None else signer.algorithm))
        attributes = None if signer.attributes is None else parse_attributes(signer.attributes)
        fault = _find_digest_fault(attributes, content, digest)
    except BadSyntax as error:
        return Integrity(Fact(Outcome.FAILED, str(error)))
    weakness, signed_at = _find_weakness(digest, policy), _find_signing_time(attributes or {})
    if algorithm.digest is not None and algorithm.digest is not digest:
        return Integrity(Fact(Outcome.FAILED, "the digest and signature algorithms of the signature disagree"))
    if key is None:
        fact = Fact(Outcome.FAILED, fault) if fault else Fact(Outcome.UNKNOWN, "the signer's key is not known")
        return Integrity(fact, weakness, signed_at=signed_at)
    if not may_sign(key, algorithm):
        reason = "the signer's certificate allows its key no signature of this algorithm and parameters (RFC 4055 §1.2)"
        return Integrity(Fact(Outcome.FAILED, reason), weakness, signed_at=signed_at)
    holds = _is_made_by(key, algorithm, digest, signer, content)
    return Integrity(_build_fact(fault, holds=holds), weakness, holds, signed_at)


def _refuse_algorithm(name: str) -> Integrity:
    """Integrity stays open, but the usage fails: waiting would not make the algorithm known."""
    reason = f"the algorithm {name} of the signature is not supported"
    return Integrity(Fact(Outcome.UNKNOWN, reason), weakness=reason)


def _build_fact(fault: str, *, holds: bool) -> Fact:
    if fault:
        return Fact(Outcome.FAILED, fault)
    if not holds:
        return Fact(Outcome.FAILED, "the signature value does not hold")
    return Fact(Outcome.PASSED, "the signature holds over the content as received")


def _find_weakness(digest: Digest, policy: SignaturePolicy) -> str:
    if not digest.is_weak or (digest in {SHA1, SHA224} and policy.allow_sha1):
        return ""
    return f"the signature uses {digest.name.upper()}, which is not accepted"


def _find_digest_fault(attributes: Attributes | None, content: SignedContent, digest: Digest) -> str:
    if attributes is None:
        return _find_direct_fault(content)
    if _take_only(attributes, _CONTENT_TYPE, "content type") != der.encode_tlv(der.OID, content.content_type):
        return "the signed content type is not that of the content"
    wanted = _take_only(attributes, _MESSAGE_DIGEST, "message digest")
    digests = (digest.compute(reading) for reading in content.iterate_readings())
    if any(der.encode_tlv(der.OCTET_STRING, each) == wanted for each in digests):
        return ""
    return "the content is not what was signed: its digest differs"


def _find_direct_fault(content: SignedContent) -> str:
    """Without attributes the content must be plain data (RFC 5652 §5.3), and no attributes in disguise.

    A signature over attributes would also hold over a content made of their octets; those start with a SET's tag, as
    a MIME header cannot.
    """
    if content.content_type != DATA:
        return "a signature without signed attributes covers only plain data"
    if content.octets[:1] == bytes((der.SET,)):
        return "the content is made of signed attributes"
    return ""


def _take_only(attributes: Attributes, oid: bytes, name: str) -> bytes:
    values = attributes.get(oid, [])
    if len(values) != 1:
        raise BadSyntax(f"the signed attributes do not hold exactly one {name}")
    return values[0]


def _is_made_by(
    key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: Digest,
    signer: SignerInfo,
    content: SignedContent,
) -> bool:
    covered = content.iterate_readings() if signer.attributes is None else (signer.signed_attributes,)
    return any(is_signature_valid(key, algorithm, digest, signer.signature, each) for each in covered)


def _find_signing_time(attributes: Attributes) -> datetime | None:
    """The signingTime attribute (RFC 5652 §11.3): a claim to report, so one that cannot be read is none."""
    values = attributes.get(_SIGNING_TIME, [])
    if len(values) != 1:
        return None
    match = _TIMES.get(values[0][0], _NEVER).fullmatch(values[0], 2)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    if values[0][0] == der.UTC_TIME:  # two digits mean 1950 to 2049 (RFC 5280 §4.1.2.5.1)
        year += 1900 if year >= 50 else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
