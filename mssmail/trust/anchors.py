"""Read certificates from files: a directory of anchors or intermediates, or one bundle."""

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from mssmail.errors import BadCertificate
from mssmail.trust.certificate import UNREADABLE, bear_with_odd_serials, load_certificate

# Other files of the directory (a README, keys, lists) are not certificates and are passed over.
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"})
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


def load_certificates(path: Path) -> tuple[bytes, ...]:
    """Every certificate of a file, or of the certificate files of a directory, as DER, each once, in order of names.

    PEM (several to a file), DER, and certs-only PKCS #7 (``.p7b``). Raises BadCertificate naming the file: one bad
    file must not quietly shrink the set.
    """
    return tuple(dict.fromkeys(der for file in _list_files(path) for der in _load_file(file)))


def find_certificates(path: Path) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The same where a bad file costs only the paths through it: what was read, and what is wrong with the others."""
    found: dict[bytes, None] = {}
    faults: list[str] = []
    for file in _list_files(path):
        try:
            found.update(dict.fromkeys(_load_file(file)))
        except BadCertificate as fault:
            faults.append(str(fault))
    return tuple(found), tuple(faults)


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())


def _load_file(file: Path) -> list[bytes]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadCertificate(f"{file}: {error.strerror}") from error
    if len(data) > _MAX_FILE_BYTES:
        raise BadCertificate(f"{file}: larger than any certificate file")
    try:
        return [certificate.public_bytes(Encoding.DER) for certificate in parse_certificates(data)]
    except BadCertificate as error:
        raise BadCertificate(f"{file}: {error}") from error


def parse_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates in PEM, DER or PKCS #7 bytes; raises BadCertificate, also when there are none."""
    try:
        with bear_with_odd_serials():
            found = _parse(data)
    except UNREADABLE as error:
        raise BadCertificate(f"no readable certificate: {error}") from error
    for certificate in found:
        load_certificate(certificate.public_bytes(Encoding.DER))
    if not found:
        raise BadCertificate("holds no certificate")
    return found


def _parse(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN CERTIFICATE" in data:
        return x509.load_pem_x509_certificates(data)
    if b"-----BEGIN PKCS7" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    try:
        return [x509.load_der_x509_certificate(data)]
    except UNREADABLE:
        return pkcs7.load_der_pkcs7_certificates(data)
