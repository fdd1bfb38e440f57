"""RSASSA-PSS: its parameters, and keys that may sign by it only (RFC 4055 §1.2, §3.1, §3.3).

The library reads such a key as any RSA key and drops what its certificate says of its use. Here it is a type of its
own, which everything that knows RSA keys refuses unless it asks for it: nothing is verified that its owner excludes.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from mssmail.errors import BadSyntax
from mssmail.trust import der

PSS_OID: Final = der.encode_oid_value("1.2.840.113549.1.1.10")
_MGF1_OID: Final = der.encode_oid_value("1.2.840.113549.1.1.8")
_SHA1_OID: Final = der.encode_oid_value("1.3.14.3.2.26")
_MAX_SALT: Final = 512


@dataclass(frozen=True, slots=True)
class PssParameters:
    """Digest and mask digest as OIDs (content octets), and the length of the salt; in a key, the least length."""

    digest: bytes = _SHA1_OID  # the defaults of RFC 4055 §3.1
    mask_digest: bytes = _SHA1_OID
    salt_length: int = 20


@dataclass(frozen=True, slots=True)
class PssKey:
    """An RSA key for RSASSA-PSS only; ``limits`` None leaves the parameters to the signer (RFC 4055 §1.2)."""

    key: rsa.RSAPublicKey
    limits: PssParameters | None

    def allows(self, used: PssParameters) -> bool:
        """RFC 4055 §3.3: digest and mask digest are the key's, the salt is no shorter."""
        limits = self.limits
        return limits is None or (
            (used.digest, used.mask_digest) == (limits.digest, limits.mask_digest)
            and used.salt_length >= limits.salt_length
        )


PublicKey = CertificatePublicKeyTypes | PssKey


def split_identifier(identifier: bytes) -> tuple[bytes, bytes]:
    """OID (content octets) and parameters of an AlgorithmIdentifier (RFC 5280 §4.1.1.2); raises BadSyntax."""
    start, end = der.expect_tlv(identifier, 0, len(identifier), der.SEQUENCE)
    oid_start, oid_end = der.expect_tlv(identifier, start, end, der.OID)
    return identifier[oid_start:oid_end], identifier[oid_end:end]


def parse_pss_parameters(parameters: bytes) -> PssParameters | None:
    """RSASSA-PSS-params ::= SEQUENCE { [0] hash, [1] mask generation, [2] salt length, [3] trailer }, RFC 4055 §3.1.

    None when they ask for what nobody implements; raises BadSyntax.
    """
    start, end = der.expect_tlv(parameters, 0, len(parameters), der.SEQUENCE)
    digest, mask, salt, previous = _SHA1_OID, _SHA1_OID, 20, -1
    for tag, _, inner, stop in der.split_elements(parameters, start, end, 4):
        if tag <= previous:
            raise BadSyntax("PSS parameters are out of order")
        previous = tag
        if tag == der.CONTEXT_0:
            digest, _ = split_identifier(parameters[inner:stop])
        elif tag == der.CONTEXT_1:
            generator, argument = split_identifier(parameters[inner:stop])
            if generator != _MGF1_OID:
                return None
            mask, _ = split_identifier(argument)
        elif tag == der.CONTEXT_2:
            salt = _parse_small_integer(parameters[inner:stop])
        elif tag != der.CONTEXT_3 or _parse_small_integer(parameters[inner:stop]) != 1:
            return None
    return PssParameters(digest, mask, salt) if salt <= _MAX_SALT else None


def build_pss_key(key: CertificatePublicKeyTypes, key_info: bytes) -> PssKey | None:
    """The key of such a SubjectPublicKeyInfo; None where nobody can tell what it may do. Raises BadSyntax."""
    start, end = der.expect_tlv(key_info, 0, len(key_info), der.SEQUENCE)
    _, _, stop = der.read_tlv(key_info, start, end)
    _, parameters = split_identifier(key_info[start:stop])
    limits = parse_pss_parameters(parameters) if parameters else None
    if not isinstance(key, rsa.RSAPublicKey) or (parameters and limits is None):
        return None
    return PssKey(key, limits)


def _parse_small_integer(element: bytes) -> int:
    start, end = der.expect_tlv(element, 0, len(element), der.INTEGER)
    if end != len(element) or not 1 <= end - start <= 2 or element[start] >= 0x80:
        raise BadSyntax("not a small number")
    return int.from_bytes(element[start:end], "big")
