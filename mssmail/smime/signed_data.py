"""SignedData, RFC 5652 §5, read by offsets: nothing received is ever encoded again to be hashed.

DER is read directly. BER (``openssl cms -sign -stream`` writes it) is first given definite lengths; its signed
attributes must have been DER all the same (RFC 5652 §5.3), because they are hashed as they came.
"""

from dataclasses import dataclass
from typing import Final

from mssmail.errors import BadSyntax
from mssmail.trust import der

DATA: Final = der.encode_oid_value("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = der.encode_oid_value("1.2.840.113549.1.7.2")
ENVELOPED_DATA: Final = der.encode_oid_value("1.2.840.113549.1.7.3")
ENCRYPTED_DATA: Final = der.encode_oid_value("1.2.840.113549.1.7.6")
AUTH_ENVELOPED_DATA: Final = der.encode_oid_value("1.2.840.113549.1.9.16.1.23")  # RFC 5083

_MAX_CERTIFICATES: Final = 64
_MAX_SIGNERS: Final = 16
_MAX_ATTRIBUTES: Final = 64
_MAX_LISTS: Final = 64


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signer, RFC 5652 §5.3, each field as received.

    ``issuer`` (a DER Name) and ``serial`` identify the certificate, or else ``key_id``. ``attributes`` is the element
    of the signed attributes, None when the signature covers the content itself.
    """

    issuer: bytes
    serial: int
    key_id: bytes | None
    digest: bytes  # AlgorithmIdentifier
    attributes: bytes | None
    algorithm: bytes  # AlgorithmIdentifier
    signature: bytes

    @property
    def signed_attributes(self) -> bytes:
        """What is hashed: the attributes under the tag of a SET (RFC 5652 §5.4), every other octet as received."""
        return b"\x31" + (self.attributes or b"")[1:]


@dataclass(frozen=True, slots=True)
class SignedData:
    """The content type signed (OID contents), the content when it is inside, certificates in order, signers."""

    content_type: bytes
    content: bytes | None
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def read_content_type(raw: bytes) -> bytes:
    """The type of a ContentInfo in DER or BER (OID contents), from its first octets; raises BadSyntax."""
    if len(raw) < 2 or raw[0] != der.SEQUENCE:
        raise BadSyntax("not a CMS message")
    at = 2 if raw[1] <= 0x80 else 2 + raw[1] - 0x80
    start, end = der.expect_tlv(raw, at, len(raw), der.OID)
    return raw[start:end]


def parse_signed_data(raw: bytes) -> SignedData:
    """The SignedData of a ContentInfo in DER or BER; raises BadSyntax."""
    try:
        return _parse_content_info(raw)
    except BadSyntax:
        parsed = _parse_content_info(der.encode_definite(raw))
    for signer in parsed.signers:
        if signer.attributes is not None and signer.attributes not in raw:
            raise BadSyntax("the signed attributes are not DER")
    return parsed


def _parse_content_info(raw: bytes) -> SignedData:
    """ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY } (RFC 5652 §3)."""
    start, end = der.expect_tlv(raw, 0, len(raw), der.SEQUENCE)
    if end != len(raw):
        raise BadSyntax("octets follow the CMS message")
    oid_start, oid_end = der.expect_tlv(raw, start, end, der.OID)
    if raw[oid_start:oid_end] != SIGNED_DATA:
        raise BadSyntax("the CMS message is not signed-data")
    inner, stop = der.expect_tlv(raw, oid_end, end, der.CONTEXT_0)
    if stop != end:
        raise BadSyntax("octets follow the content")
    start, end = der.expect_tlv(raw, inner, stop, der.SEQUENCE)
    if end != stop:
        raise BadSyntax("octets follow the signed-data")
    return _parse_signed_data(raw, start, end)


def _parse_signed_data(raw: bytes, at: int, end: int) -> SignedData:
    """SEQUENCE { version, digestAlgorithms, encapContentInfo, [0] certificates, [1] crls, signerInfos } (§5.1)."""
    _, at = der.expect_tlv(raw, at, end, der.INTEGER)
    _, at = der.expect_tlv(raw, at, end, der.SET)
    start, at = der.expect_tlv(raw, at, end, der.SEQUENCE)
    content_type, content = _parse_encapsulated(raw, start, at)
    certificates: tuple[bytes, ...] = ()
    tag, start, stop = der.read_tlv(raw, at, end)
    if tag == der.CONTEXT_0:
        certificates = _cut_certificates(raw, start, stop)
        tag, start, stop = der.read_tlv(raw, stop, end)
    if tag == der.CONTEXT_1:  # CRLs a stranger sends along are not ours to believe
        der.split_elements(raw, start, stop, _MAX_LISTS)
        tag, start, stop = der.read_tlv(raw, stop, end)
    if tag != der.SET or stop != end:
        raise BadSyntax("the signed-data does not end with its signers")
    signers = der.split_elements(raw, start, stop, _MAX_SIGNERS)
    return SignedData(content_type, content, certificates, tuple(_parse_signer(raw, *signer) for signer in signers))


def _parse_encapsulated(raw: bytes, at: int, end: int) -> tuple[bytes, bytes | None]:
    """EncapsulatedContentInfo ::= SEQUENCE { OID, eContent [0] EXPLICIT OCTET STRING OPTIONAL } (§5.2)."""
    start, at = der.expect_tlv(raw, at, end, der.OID)
    content_type = raw[start:at]
    if at == end:
        return content_type, None
    inner, stop = der.expect_tlv(raw, at, end, der.CONTEXT_0)
    start, inner_end = der.expect_tlv(raw, inner, stop, der.OCTET_STRING)
    if not inner_end == stop == end:
        raise BadSyntax("octets follow the encapsulated content")
    return content_type, raw[start:inner_end]


def _cut_certificates(raw: bytes, start: int, stop: int) -> tuple[bytes, ...]:
    """Of the choices in CertificateSet (§10.2.3) only X.509 certificates are of use."""
    elements = der.split_elements(raw, start, stop, _MAX_CERTIFICATES)
    return tuple(raw[at:end] for tag, at, _, end in elements if tag == der.SEQUENCE)


def _parse_signer(raw: bytes, tag: int, _at: int, at: int, end: int) -> SignerInfo:
    """SEQUENCE { version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature, [1] unsignedAttrs }."""
    if tag != der.SEQUENCE:
        raise BadSyntax("a signer is not a SEQUENCE")
    _, at = der.expect_tlv(raw, at, end, der.INTEGER)
    tag, start, stop = der.read_tlv(raw, at, end)
    issuer, serial, key_id = _parse_identifier(raw, tag, start, stop)
    _, digest_end = der.expect_tlv(raw, stop, end, der.SEQUENCE)
    digest, attributes, at = raw[stop:digest_end], None, digest_end
    tag, start, stop = der.read_tlv(raw, at, end)
    if tag == der.CONTEXT_0:
        attributes, at = raw[at:stop], stop
    _, stop = der.expect_tlv(raw, at, end, der.SEQUENCE)
    algorithm = raw[at:stop]
    start, at = der.expect_tlv(raw, stop, end, der.OCTET_STRING)
    signature = raw[start:at]
    if at != end:
        _, at = der.expect_tlv(raw, at, end, der.CONTEXT_1)
    if at != end:
        raise BadSyntax("octets follow a signer")
    return SignerInfo(issuer, serial, key_id, digest, attributes, algorithm, signature)


def _parse_identifier(raw: bytes, tag: int, start: int, stop: int) -> tuple[bytes, int, bytes | None]:
    """SignerIdentifier ::= CHOICE { IssuerAndSerialNumber, subjectKeyIdentifier [0] OCTET STRING } (§5.3)."""
    if tag == der.PRIMITIVE_0:
        return b"", 0, raw[start:stop]
    if tag != der.SEQUENCE:
        raise BadSyntax("a signer is identified by nothing known")
    _, name_end = der.expect_tlv(raw, start, stop, der.SEQUENCE)
    number, end = der.expect_tlv(raw, name_end, stop, der.INTEGER)
    if end != stop or number == end:
        raise BadSyntax("octets follow a signer's serial number")
    return raw[start:name_end], int.from_bytes(raw[number:end], "big", signed=True), None


def parse_attributes(element: bytes) -> dict[bytes, list[bytes]]:
    """OID contents → the values (elements) of each attribute of that type, in order; raises BadSyntax.

    Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue } (RFC 5652 §5.3). An
    attribute that stands there twice is a fault: whoever reads the first would differ from whoever reads the last.
    """
    _, start, end = der.read_tlv(element, 0, len(element))
    found: dict[bytes, list[bytes]] = {}
    for tag, _, inner, stop in der.split_elements(element, start, end, _MAX_ATTRIBUTES):
        if tag != der.SEQUENCE:
            raise BadSyntax("a signed attribute is not a SEQUENCE")
        oid_start, oid_end = der.expect_tlv(element, inner, stop, der.OID)
        values, values_end = der.expect_tlv(element, oid_end, stop, der.SET)
        oid = element[oid_start:oid_end]
        if values_end != stop or oid in found:
            raise BadSyntax(f"the signed attribute {der.describe_oid(oid)} stands twice or is malformed")
        found[oid] = [element[v:e] for _, v, _, e in der.split_elements(element, values, stop, _MAX_ATTRIBUTES)]
    return found
