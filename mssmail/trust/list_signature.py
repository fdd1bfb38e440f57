"""The signature of a white list: one profile of XMLDSig, checked on the very tree that is read afterwards.

Enveloped, whole document, exclusive C14N, RSA or ECDSA with SHA-2: anything else is refused by name. Written here and
not left to signxml because its copies of the tree take 1.6 GB for 200,000 entries (ours: 0.6 GB), and because wrapping
attacks live on the difference between what was verified and what is read: here there is one tree. signxml and a
digest recomputed by hand are the oracles of the tests.

Standards: XMLDSig 1.1, Exclusive XML Canonicalization 1.0, RFC 9231 (algorithm names).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from mssmail.errors import BadCertificate, BadWhiteList
from mssmail.trust.certificate import load_certificate, read_public_key

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = f"{DSIG}enveloped-signature"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

_DIGESTS: Final[dict[str, Callable[[], "hashlib._Hash"]]] = {
    SHA256: hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
_MAX_CERTIFICATES: Final = 8


@dataclass(frozen=True, slots=True)
class _Method:
    is_rsa: bool
    digest: hashes.HashAlgorithm


_METHODS: Final = {
    RSA_SHA256: _Method(True, hashes.SHA256()),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": _Method(True, hashes.SHA384()),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": _Method(True, hashes.SHA512()),
    ECDSA_SHA256: _Method(False, hashes.SHA256()),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": _Method(False, hashes.SHA384()),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": _Method(False, hashes.SHA512()),
}


class _Sink(Protocol):
    def update(self, data: bytes, /) -> None: ...


class _Writer:
    """A file to lxml that keeps nothing: canonical octets go straight into a digest (the stubs know paths only)."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> None:
        self._sink.update(data)


def verify_list_signature(root: etree._Element) -> tuple[bytes, ...]:
    """Check the one signature and take it out of the tree; the certificates it brought (DER), the signer's first.

    What is left of ``root`` is exactly what was signed. Whether the signer may sign is not asked here.
    Raises BadWhiteList.
    """
    signature = _find_signature(root)
    signed_info, value, key_info = _split(signature)
    reference = _read_reference(signed_info)
    method = _METHODS.get(_read_algorithm(signed_info[1]))
    if method is None:
        raise BadWhiteList(f"signature algorithm {_read_algorithm(signed_info[1])} is not accepted")
    certificates = tuple(_read_certificates(key_info))
    signer = _find_signer(certificates, method, _decode(value), encode_canonical(signed_info))
    cut_out(signature)
    if not hmac.compare_digest(digest_canonical(root, reference.digest), reference.value):
        raise BadWhiteList("the content is not what was signed: its digest differs")
    return (signer, *(each for each in certificates if each != signer))


def encode_canonical(element: etree._Element) -> bytes:
    """The element in exclusive canonical form, without comments."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def digest_canonical(root: etree._Element, algorithm: str = SHA256) -> bytes:
    """The digest of the whole document in exclusive canonical form, without a second copy in memory."""
    digest = _DIGESTS[algorithm]()
    try:
        root.getroottree().write_c14n(_Writer(digest), exclusive=True, with_comments=False)  # type: ignore[call-arg,arg-type]
    except etree.C14NError as error:
        raise BadWhiteList(f"the list has no canonical form: {error}") from error
    return digest.digest()


def cut_out(element: etree._Element) -> None:
    """Remove the element and leave the text behind it where it is (lxml would take it along)."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        raise ValueError("a root cannot be cut out")
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _find_signature(root: etree._Element) -> etree._Element:
    signatures = list(_iterate_signatures(root))
    if not signatures:
        raise BadWhiteList("the list is not signed")
    if len(signatures) > 1:
        raise BadWhiteList(f"the list has {len(signatures)} Signature elements; one is wanted")
    if signatures[0].getparent() is not root:
        raise BadWhiteList("the Signature is not a child of the root")
    return signatures[0]


def _iterate_signatures(root: etree._Element) -> Iterator[etree._Element]:
    """Every Signature at any depth: a second one anywhere is the stuff of wrapping.

    Entry by entry: one search through a million elements would hold up every other thread.
    """
    tag = f"{{{DSIG}}}Signature"
    for child in root:
        if child.tag == tag:
            yield child
        for grandchild in child:
            yield from grandchild.iter(tag)


def _split(signature: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """SignedInfo, SignatureValue and KeyInfo; an Object or anything else has no place here (XMLDSig §4.1)."""
    signed_info, value, key_info = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    canonicalisation, _, _ = _children(signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference")
    if _read_algorithm(canonicalisation) != EXCLUSIVE_C14N:
        raise BadWhiteList(f"canonicalisation {_read_algorithm(canonicalisation)} is not accepted")
    return signed_info, value, key_info


@dataclass(frozen=True, slots=True)
class _Reference:
    digest: str
    value: bytes


def _read_reference(signed_info: etree._Element) -> _Reference:
    """The one Reference, which covers the whole document by the two transforms of the format."""
    reference = signed_info[2]
    if reference.items() != [("URI", "")]:
        raise BadWhiteList(f'the Reference must cover the whole document (URI=""), not {reference.items()}')
    transforms, method, value = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    found = [_read_algorithm(transform) for transform in transforms]
    if found != [ENVELOPED, EXCLUSIVE_C14N] or any(t.tag != f"{{{DSIG}}}Transform" for t in transforms):
        raise BadWhiteList(f"transforms must be enveloped-signature and exclusive C14N, not {found}")
    algorithm = _read_algorithm(method)
    if algorithm not in _DIGESTS:
        raise BadWhiteList(f"digest algorithm {algorithm} is not accepted")
    return _Reference(algorithm, _decode(value))


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    found = list(element)
    if [child.tag for child in found] != [f"{{{DSIG}}}{name}" for name in names]:
        raise BadWhiteList(f"{etree.QName(element).localname} must hold {', '.join(names)} and nothing else")
    return found


def _read_algorithm(element: etree._Element) -> str:
    if len(element):  # parameters such as HMACOutputLength or a PrefixList change what the name means
        raise BadWhiteList(f"{etree.QName(element).localname} has parameters; none are accepted")
    return str(element.get("Algorithm", ""))


def _decode(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadWhiteList(f"{etree.QName(element).localname} is not base64") from error


def _read_certificates(key_info: etree._Element) -> Iterator[bytes]:
    path = f"{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate"
    found = key_info.findall(path)
    if not 1 <= len(found) <= _MAX_CERTIFICATES:
        raise BadWhiteList(f"KeyInfo holds {len(found)} certificates; the signer's is wanted")
    for element in found:
        yield _decode(element)


def _find_signer(certificates: tuple[bytes, ...], method: _Method, value: bytes, signed: bytes) -> bytes:
    """The certificate whose key made the signature value; XMLDSig gives them no order."""
    for der in certificates:
        try:
            key = read_public_key(load_certificate(der), der)
        except BadCertificate as error:
            raise BadWhiteList(f"the signer's certificate cannot be read: {error}") from error
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and _holds(key, method, value, signed):
            return der
    raise BadWhiteList("the signature value does not hold")


def _holds(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, method: _Method, value: bytes, signed: bytes) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if not method.is_rsa:
                return False
            key.verify(value, signed, padding.PKCS1v15(), method.digest)
        else:
            size = (key.curve.key_size + 7) // 8
            if method.is_rsa or len(value) != 2 * size:
                return False
            # r and s side by side, not DER (XMLDSig 1.1 §6.4.3).
            r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(method.digest))
    except InvalidSignature:
        return False
    return True
