"""The lab's certificates stand up to an independent judge."""

import ssl
import subprocess
from datetime import timedelta
from pathlib import Path
from shutil import which

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from mssmail.lab.pki import KeyKind, create_root, describe_subject, issue_operator, issue_person, load_credential
from tests.support.pki import NOW, Pki, build_pki


def test_a_subject_reads_as_the_white_list_writes_it() -> None:
    operator = build_pki().make_operator("mss.a.test")
    assert describe_subject(operator.certificate.subject) == (
        "CN=mss.a.test,OU=1990000001,O=CENTRE HOSPITALIER MSS.A.TEST,ST=Nord (59),C=FR"
    )


@pytest.mark.skipif(which("openssl") is None, reason="the openssl command is not here")
@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519])
def test_openssl_accepts_the_path_of_every_kind_of_key(kind: KeyKind, tmp_path: Path) -> None:
    root = create_root("Root", NOW, kind=kind)
    issuing = root.issue_authority("Issuing", NOW, kind=kind)
    leaf = issue_person(issuing, "a@a.test", NOW, kind=kind)
    (tmp_path / "root.pem").write_bytes(root.credential.certificate_pem)
    (tmp_path / "sub.pem").write_bytes(issuing.certificate.public_bytes(Encoding.PEM))
    leaf.write(tmp_path, "leaf")
    moment = str(int(NOW.timestamp()))
    command = ["openssl", "verify", "-x509_strict", "-attime", moment, "-purpose", "smimesign"]
    command += ["-CAfile", "root.pem", "-untrusted", "sub.pem", "leaf.crt"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_an_operator_certificate_serves_tls_on_localhost(tmp_path: Path) -> None:
    pki = build_pki()
    certificate, key = pki.make_operator("mss.a.test").write(tmp_path, "operator")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions
    assert "localhost" in names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )


def test_what_is_written_reads_back_and_the_key_is_private(tmp_path: Path) -> None:
    person = build_pki().make_person("a@a.test")
    certificate, key = person.write(tmp_path, "a")
    assert key.stat().st_mode & 0o777 == 0o600
    assert load_credential(certificate, key).certificate == person.certificate
    loaded = pkcs12.load_pkcs12(person.to_p12("secret", "a"), b"secret")
    assert loaded.cert is not None
    assert loaded.cert.certificate == person.certificate


def test_a_crl_names_the_revoked_and_counts_up() -> None:
    pki = Pki()
    victim = pki.make_person("gone@a.test")
    first = x509.load_der_x509_crl(pki.make_crls(victim)[0])
    second = x509.load_der_x509_crl(pki.make_crls()[0])
    assert first.get_revoked_certificate_by_serial_number(victim.certificate.serial_number) is not None
    assert second.get_revoked_certificate_by_serial_number(victim.certificate.serial_number) is not None
    numbers = [crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in (first, second)]
    assert numbers == [1, 2]


def test_expired_means_the_end_lies_in_the_past() -> None:
    expired = build_pki().make_expired("old@a.test").certificate
    assert expired.not_valid_after_utc == NOW - timedelta(days=10)


def test_distribution_points_are_named_when_the_authority_has_an_address() -> None:
    root = create_root("Root", NOW, kind=KeyKind.P256, crl_url="http://127.0.0.1:1/root.crl")
    operator = issue_operator(root, "mss.a.test", NOW, kind=KeyKind.P256)
    points = operator.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [point.full_name for point in points] == [[x509.UniformResourceIdentifier("http://127.0.0.1:1/root.crl")]]
