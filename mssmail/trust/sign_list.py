"""Write, change and sign a white list: for the lab, and for trust spaces that keep a list of their own.

The signature has the layout of the real list: enveloped, exclusive C14N, SHA-256, the signer's certificate alone.
"""

import base64
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree

from mssmail.core.address import normalise_domain
from mssmail.core.clock import require_aware
from mssmail.core.names import parse_listed_name
from mssmail.errors import BadCertificate, BadSyntax, BadWhiteList
from mssmail.trust import whitelist as reading
from mssmail.trust.list_signature import (
    DSIG,
    ECDSA_SHA256,
    ENVELOPED,
    EXCLUSIVE_C14N,
    RSA_SHA256,
    SHA256,
    cut_out,
    digest_canonical,
    encode_canonical,
)

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

MAX_FIELD: Final = 255  # characters, as the real list's back office


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One ``Domaine``: a domain and one certificate name that may speak for it. Raises BadSyntax when it cannot be."""

    domain: str
    name: str  # CN=…,OU=…,O=…,ST=…,C=FR, most specific first
    updated_at: datetime
    description: str = "-"
    responsible: str = "-"
    support: str = "-"

    def __post_init__(self) -> None:
        require_aware(self.updated_at)
        normalise_domain(self.domain)
        parse_listed_name(self.name)
        for text in (self.domain, self.name, self.description, self.responsible, self.support):
            if len(text) > MAX_FIELD:
                raise BadSyntax(f"a field has {len(text)} characters; {MAX_FIELD} are allowed")


def build_white_list(entries: Iterable[ListEntry], generated_at: datetime) -> bytes:
    """An unsigned list in the real format."""
    root = etree.Element(reading.ROOT, nsmap={None: reading.NAMESPACE})  # type: ignore[dict-item]
    etree.SubElement(root, reading.GENERATED).text = _encode_moment(generated_at)
    listing = etree.SubElement(root, reading.DOMAINS)
    for entry in entries:
        _append(listing, entry)
    return _encode(root)


def read_entries(raw: bytes) -> tuple[ListEntry, ...]:
    """The entries of a list of our own, to be changed; its signature is not looked at. Raises BadWhiteList."""
    return tuple(_read_entry(element) for element in _listing(reading.parse_list(raw)))


def add_entry(raw: bytes, entry: ListEntry, at: datetime) -> bytes:
    """The list with one more entry, unsigned, dated anew; raises BadWhiteList when the pair is listed already."""
    root = reading.parse_list(raw)
    if any(_is_same(element, entry.domain, entry.name) for element in _listing(root)):
        raise BadWhiteList(f"{entry.domain} is listed with this name already")
    _append(_listing(root), entry)
    return _encode_changed(root, at)


def remove_entries(raw: bytes, domain: str, name: str | None, at: datetime) -> bytes:
    """The list without this domain, or without one of its names, unsigned, dated anew; BadWhiteList when not there."""
    root = reading.parse_list(raw)
    listing = _listing(root)
    found = [element for element in listing if _is_same(element, domain, name)]
    if not found:
        raise BadWhiteList(f"{domain} is not listed" + (" with this name" if name else ""))
    for element in found:
        cut_out(element)
    return _encode_changed(root, at)


def parse_list_key(data: bytes) -> SigningKey:
    """The private key in these PEM bytes; raises BadCertificate when it cannot be read or signs no lists."""
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it is encrypted
        raise BadCertificate(f"no readable private key: {error}") from error
    if not isinstance(key, SigningKey):
        raise BadCertificate("lists are signed with RSA or ECDSA keys")
    return key


def sign_white_list(raw: bytes, key: SigningKey, certificate: x509.Certificate) -> bytes:
    """The list signed; a signature it had is replaced. Raises BadWhiteList, and BadCertificate for another's key."""
    if key.public_key() != certificate.public_key():
        raise BadCertificate("the key is not the certificate's")
    root = reading.parse_list(raw)
    _remove_signatures(root)
    digest = digest_canonical(root)
    signature = etree.SubElement(root, f"{{{DSIG}}}Signature", nsmap={None: DSIG})  # type: ignore[dict-item]
    signed_info = _append_signed_info(signature, key, digest)
    value = _sign(key, encode_canonical(signed_info))
    etree.SubElement(signature, f"{{{DSIG}}}SignatureValue").text = _encode_base64(value)
    data = etree.SubElement(etree.SubElement(signature, f"{{{DSIG}}}KeyInfo"), f"{{{DSIG}}}X509Data")
    der = certificate.public_bytes(Encoding.DER)
    etree.SubElement(data, f"{{{DSIG}}}X509Certificate").text = _encode_base64(der)
    return _encode(root)


def _append_signed_info(signature: etree._Element, key: SigningKey, digest: bytes) -> etree._Element:
    signed_info = etree.SubElement(signature, f"{{{DSIG}}}SignedInfo")
    method = RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256
    etree.SubElement(signed_info, f"{{{DSIG}}}CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N)
    etree.SubElement(signed_info, f"{{{DSIG}}}SignatureMethod", Algorithm=method)
    reference = etree.SubElement(signed_info, f"{{{DSIG}}}Reference", URI="")
    transforms = etree.SubElement(reference, f"{{{DSIG}}}Transforms")
    for algorithm in (ENVELOPED, EXCLUSIVE_C14N):
        etree.SubElement(transforms, f"{{{DSIG}}}Transform", Algorithm=algorithm)
    etree.SubElement(reference, f"{{{DSIG}}}DigestMethod", Algorithm=SHA256)
    etree.SubElement(reference, f"{{{DSIG}}}DigestValue").text = base64.b64encode(digest).decode("ascii")
    return signed_info


def _sign(key: SigningKey, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")  # XMLDSig 1.1 §6.4.3


def _encode_base64(data: bytes) -> str:
    return "\n" + "\n".join(textwrap.wrap(base64.b64encode(data).decode("ascii"), 76)) + "\n"


def _encode_changed(root: etree._Element, at: datetime) -> bytes:
    """Every reader refuses a list older than the one it has, so the new date is later than the old in any case."""
    _remove_signatures(root)
    element = reading.find_one(root, reading.GENERATED)
    before = reading.parse_moment(element.text or "")
    element.text = _encode_moment(max(require_aware(at), before + timedelta(seconds=1)))
    return _encode(root)


def _remove_signatures(root: etree._Element) -> None:
    for signature in root.findall(f"{{{DSIG}}}Signature"):
        cut_out(signature)


def _encode(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _listing(root: etree._Element) -> etree._Element:
    return reading.find_one(root, reading.DOMAINS)


def _append(listing: etree._Element, entry: ListEntry) -> None:
    element = etree.SubElement(listing, reading.DOMAIN)
    fields = (
        (reading.NOM, entry.domain),
        (_tag("Description"), entry.description),
        (reading.NAME, entry.name),
        (_tag("ResponsableContact"), entry.responsible),
        (_tag("SupportContact"), entry.support),
        (_tag("DateMAJ"), _encode_moment(entry.updated_at)),
    )
    for tag, text in fields:
        try:
            etree.SubElement(element, tag).text = text
        except ValueError as error:  # control characters have no place in XML
            raise BadWhiteList(f"{etree.QName(tag).localname} of {entry.domain} cannot be written: {error}") from error


def _tag(name: str) -> str:
    return f"{{{reading.NAMESPACE}}}{name}"


def _read_entry(element: etree._Element) -> ListEntry:
    def read(tag: str) -> str:
        return element.findtext(tag) or "-"

    try:
        return ListEntry(
            read(reading.NOM),
            read(reading.NAME),
            reading.parse_moment(read(_tag("DateMAJ"))),
            read(_tag("Description")),
            read(_tag("ResponsableContact")),
            read(_tag("SupportContact")),
        )
    except BadSyntax as error:
        raise BadWhiteList(f"entry {read(reading.NOM)} cannot be read: {error}") from error


def _is_same(element: etree._Element, domain: str, name: str | None) -> bool:
    try:
        if normalise_domain(element.findtext(reading.NOM) or "") != normalise_domain(domain):
            return False
        listed = element.findtext(reading.NAME) or ""
        return name is None or parse_listed_name(listed) == parse_listed_name(name)
    except BadSyntax:
        return False


def _encode_moment(moment: datetime) -> str:
    return require_aware(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
