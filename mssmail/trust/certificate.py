"""Read certificates: names as ordered RDNs, e-mail addresses, fingerprints, and one line to name them in a reason."""

import binascii
import hashlib
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

from mssmail.core.names import DistinguishedName, fold_attribute
from mssmail.errors import BadCertificate, BadSyntax
from mssmail.trust.inheritance import cut_key_info, mask_inheriting_key
from mssmail.trust.pss import PublicKey, build_pss_key

Certificate = x509.Certificate  # as other floors name it: the library itself stays in smime and trust
NameKey = tuple[frozenset[tuple[str, str]], ...]

# SmtpUTF8Mailbox of RFC 9598 §3: an otherName holding a UTF8String.
_SMTP_UTF8_MAILBOX: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_MAX_NAME_TEXT: Final = 160
_MAX_BYTES: Final = 256 * 1024
_MAX_RDNS: Final = 128
_PEM: Final = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----(.*?)-----END (?:X509 )?CERTIFICATE-----", re.DOTALL)
# What the library raises over bytes it cannot make sense of; not all of it is a ValueError.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)


def load_certificate(data: bytes) -> x509.Certificate:
    """The certificate in these PEM or DER bytes, its extensions known to be readable; raises BadCertificate."""
    try:
        if len(data) > _MAX_BYTES:
            raise BadCertificate("larger than any certificate")
        with bear_with_odd_serials():
            certificate = _load_der(data if is_der_sequence(data) else _split_pem(data)[0])
            _read_everything(certificate)
    except UNREADABLE as error:
        raise BadCertificate(f"not a readable certificate: {error}") from error
    return certificate


def parse_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, DER or PKCS #7 bytes; raises BadCertificate, also when there are none."""
    return [load_certificate(der) for der in split_certificates(data)]


def split_certificates(data: bytes) -> list[bytes]:
    """The same certificates as DER, each known to be readable."""
    try:
        with bear_with_odd_serials():
            found = _split_any(data)
    except UNREADABLE as error:
        raise BadCertificate(f"no readable certificate: {error}") from error
    for der in found:
        load_certificate(der)
    if not found:
        raise BadCertificate("holds no certificate")
    return found


def _split_any(data: bytes) -> list[bytes]:
    if _PEM.search(data):
        return _split_pem(data)
    if b"-----BEGIN PKCS7" in data:
        return [each.public_bytes(Encoding.DER) for each in pkcs7.load_pem_pkcs7_certificates(data)]
    try:
        _load_der(data)
    except UNREADABLE:
        return [each.public_bytes(Encoding.DER) for each in pkcs7.load_der_pkcs7_certificates(data)]
    return [data]


def _split_pem(data: bytes) -> list[bytes]:
    """RFC 7468 §5: what stands between the certificates explains them."""
    found = [binascii.a2b_base64(b"".join(text.split()), strict_mode=True) for text in _PEM.findall(data)]
    if not found:
        raise ValueError("neither DER nor PEM")
    return found


def _load_der(data: bytes) -> x509.Certificate:
    """Of a key that inherits its parameters everything but the key is there (see ``inheritance``)."""
    try:
        return x509.load_der_x509_certificate(data)
    except ValueError:
        masked = mask_inheriting_key(data)
        if masked is data:
            raise
        return x509.load_der_x509_certificate(masked)


@contextmanager
def bear_with_odd_serials() -> Iterator[None]:
    """Silence the library over serial numbers that are zero or negative: RFC 5280 §4.1.2.2 has readers bear with them.

    What it changes belongs to the whole process; a race of threads leaves, at worst, this one kind of warning off.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def _read_everything(certificate: x509.Certificate) -> None:
    """The library parses late; what cannot be read must fail here, before anybody relies on it."""
    if max(len(certificate.subject.rdns), len(certificate.issuer.rdns)) > _MAX_RDNS:
        raise ValueError(f"a name of more than {_MAX_RDNS} parts")
    _ = certificate.extensions, certificate.version
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc


def read_public_key(certificate: x509.Certificate, raw: bytes) -> PublicKey | None:
    """The key of a certificate with this DER; None when its algorithm, curve or restrictions are unknown here."""
    try:
        key = certificate.public_key()
        if certificate.public_key_algorithm_oid != PublicKeyAlgorithmOID.RSASSA_PSS:
            return key
        return build_pss_key(key, cut_key_info(raw))
    except (ValueError, UnsupportedAlgorithm, BadSyntax):
        return None


def read_serial(certificate: x509.Certificate) -> int:
    """The serial number, also one that is zero or negative, over which the library complains each time it is asked."""
    with bear_with_odd_serials():
        return certificate.serial_number


def is_der_sequence(data: bytes) -> bool:
    """The bytes start like a long DER SEQUENCE, as no text does: text is 7-bit; or are a short one, to the last."""
    return len(data) > 2 and data[0] == 0x30 and (data[1] >= 0x80 or data[1] == len(data) - 2)


def fold_name(name: x509.Name) -> NameKey:
    """The name as compared (RFC 5280 §7.1): RDNs most specific first, values folded; empty for an empty name."""
    return tuple(frozenset(_fold(attribute) for attribute in rdn) for rdn in reversed(name.rdns))


def read_name(name: x509.Name) -> DistinguishedName:
    """The name as ordered RDNs, most specific first; raises BadCertificate when it is empty."""
    rdns = fold_name(name)
    if not rdns:
        raise BadCertificate("the certificate has an empty name")
    return DistinguishedName(rdns)


def _fold(attribute: x509.NameAttribute[str | bytes]) -> tuple[str, str]:
    oid, value = attribute.oid.dotted_string, attribute.value
    return oid, fold_attribute(oid, value) if isinstance(value, str) else "#" + value.hex()


def read_emails(certificate: x509.Certificate) -> tuple[str, ...]:
    """The addresses the certificate speaks for, as written: of the subjectAltName, else of the subject (RFC 8550 §3).

    Once the subjectAltName names an address the subject's emailAddress attributes count no more.
    """
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _read_subject_emails(certificate.subject)
    found = [_read_email(name) for name in names]
    return tuple(email for email in found if email) or _read_subject_emails(certificate.subject)


def read_every_email(certificate: x509.Certificate) -> tuple[str, ...]:
    """Each address in the certificate, of the subjectAltName and of the subject: what name constraints ask about."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _read_subject_emails(certificate.subject)
    return (*filter(None, map(_read_email, names)), *_read_subject_emails(certificate.subject))


def _read_email(name: x509.GeneralName) -> str:
    if isinstance(name, x509.RFC822Name):
        return name.value
    if isinstance(name, x509.OtherName) and name.type_id == _SMTP_UTF8_MAILBOX:
        return _read_utf8_string(name.value)
    return ""


def _read_utf8_string(der: bytes) -> str:
    """A short DER UTF8String (RFC 9598 §3); an address of more than 127 octets is not read."""
    if len(der) < 2 or der[0] != 0x0C or der[1] != len(der) - 2 or der[1] > 127:
        return ""
    return der[2:].decode("utf-8", errors="replace")


def _read_subject_emails(subject: x509.Name) -> tuple[str, ...]:
    values = (a.value for a in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS))
    return tuple(value for value in values if isinstance(value, str))


def fingerprint(certificate: x509.Certificate | bytes) -> str:
    """SHA-256 of the DER, lower-case hex."""
    der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()


def describe_name(name: x509.Name) -> str:
    """The name for people, RFC 4514 in printable ASCII on one line; never to be compared."""
    return shorten_name(escape_text(name.rfc4514_string()))


def shorten_name(text: str) -> str:
    """The name's text fit for a reason, which may hold several."""
    text = text or "(empty name)"
    return text if len(text) <= _MAX_NAME_TEXT else text[: _MAX_NAME_TEXT - 3] + "..."


def escape_text(text: str) -> str:
    """Everything but printable ASCII as RFC 4514 §2.4 hex pairs of its UTF-8."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if " " <= c <= "~" else _escape_character(c) for c in text)


def _escape_character(character: str) -> str:
    return "".join(f"\\{octet:02X}" for octet in character.encode("utf-8", "replace"))


def describe_certificate(certificate: x509.Certificate) -> str:
    """``CN=Alice,O=Clinic (serial 1F)``: how reasons name a certificate."""
    return f"{describe_name(certificate.subject)} (serial {read_serial(certificate):X})"
