import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mssmail.core.names import build_name
from mssmail.errors import BadCertificate
from mssmail.trust.certificate import (
    describe_certificate,
    describe_name,
    fingerprint,
    load_certificate,
    read_emails,
    read_name,
    read_serial,
)
from tests.support.odd_certificates import emails, make_root, name
from tests.support.pki import build_pki


def test_reads_pem_and_der_alike() -> None:
    credential = build_pki().make_person("alice@a.test")
    assert load_certificate(credential.certificate_pem) == load_certificate(credential.certificate_der)


@pytest.mark.parametrize("junk", [b"", b"0", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x82\x01\x00" + bytes(256), b"hi"])
def test_refuses_what_is_no_certificate(junk: bytes) -> None:
    with pytest.raises(BadCertificate):
        load_certificate(junk)


def test_refuses_a_certificate_whose_extensions_cannot_be_read() -> None:
    der = make_root().issue("leaf", emails("a@a.test")).der
    broken = der.replace(b"\x81\x08a@a.test", b"\x81\x09a@a.test")  # the name now runs past its extension
    assert broken != der
    with pytest.raises(BadCertificate):
        load_certificate(broken)


def test_reads_names_most_specific_first_and_folded() -> None:
    found = read_name(name("Dr  Zoé", "CHU\u00a0Lille"))
    assert found == build_name(
        [[("2.5.4.3", "dr zoé")], [("2.5.4.10", "chu lille")], [("2.5.4.6", "fr")]],
    )


def test_a_multi_valued_rdn_stays_one_rdn() -> None:
    pair = [x509.NameAttribute(NameOID.COMMON_NAME, "A"), x509.NameAttribute(NameOID.SURNAME, "B")]
    assert len(read_name(x509.Name([x509.RelativeDistinguishedName(pair)])).rdns) == 1


def test_an_empty_name_is_no_distinguished_name() -> None:
    with pytest.raises(BadCertificate):
        read_name(x509.Name([]))


def test_emails_of_the_alternative_name_silence_those_of_the_subject() -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "old@a.test")])
    root = make_root()
    assert read_emails(root.issue(subject, emails("new@a.test", "b@a.test")).certificate) == ("new@a.test", "b@a.test")
    assert read_emails(root.issue(subject).certificate) == ("old@a.test",)
    hosts = x509.SubjectAlternativeName([x509.DNSName("a.test")])
    assert read_emails(root.issue(subject, (hosts, False)).certificate) == ("old@a.test",)
    assert read_emails(root.issue("nobody").certificate) == ()


def test_reads_an_international_mailbox() -> None:
    address = "zoé@a.test".encode()
    mailbox = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), bytes([12, len(address)]) + address)
    odd = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), b"\x05\x00")
    certificate = make_root().issue("zoe", (x509.SubjectAlternativeName([odd, mailbox]), False)).certificate
    assert read_emails(certificate) == ("zoé@a.test",)


def test_a_fingerprint_is_the_digest_of_the_der() -> None:
    certificate = make_root().certificate
    der = certificate.public_bytes(Encoding.DER)
    assert fingerprint(certificate) == fingerprint(der) == hashlib.sha256(der).hexdigest()


def test_names_for_people_are_short_printable_ascii() -> None:
    assert describe_name(name("Zoé\r\n")) == r"CN=Zo\C3\A9\0D\0A,O=Odd,C=FR"
    assert describe_name(x509.Name([])) == "(empty name)"
    long = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x" * 64)] * 9)
    assert len(describe_name(long)) == 160
    certificate = make_root().certificate
    assert describe_certificate(certificate) == f"CN=Odd Root,O=Odd,C=FR (serial {certificate.serial_number:X})"


def test_bears_with_a_negative_serial_number() -> None:
    der = make_root().issue("leaf").der
    start = der.index(b"\x02\x14") + 2  # serial numbers here have twenty octets
    certificate = load_certificate(der[:start] + b"\xa5" + der[start + 1 :])
    assert read_serial(certificate) < 0
    assert "serial -" in describe_certificate(certificate)


def test_refuses_what_no_certificate_needs() -> None:
    """A stranger chooses how large his certificates are, and pays nothing for what they cost to read."""
    crowd = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"x{number}") for number in range(129)])
    with pytest.raises(BadCertificate, match="more than 128 parts"):
        load_certificate(make_root().issue(crowd).der)
    with pytest.raises(BadCertificate, match="larger than any certificate"):
        load_certificate(make_root().issue("leaf", emails(*[f"a@x{number}.test" for number in range(20_000)])).der)
