"""Credentials in either form become the one the server keeps."""

import pytest
from cryptography import x509

from mssmail.errors import BadCertificate
from mssmail.smime.credential import convert_credential
from tests.support.pki import build_pki


def test_both_forms_become_the_same_pem() -> None:
    person = build_pki().make_person("a@a.test")
    from_p12 = convert_credential(person.to_p12("secret", "a"), "secret")
    from_pem = convert_credential(person.certificate_pem + person.key_pem, "")
    assert from_p12 == from_pem == person.key_pem + person.certificate_pem
    assert x509.load_pem_x509_certificates(from_p12)[0] == person.certificate


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_is_refused(password: str) -> None:
    with pytest.raises(BadCertificate, match="password"):
        convert_credential(build_pki().make_person("a@a.test").to_p12("secret"), password)


def test_a_key_without_its_certificate_is_refused() -> None:
    mine, other = (build_pki().make_person(name) for name in ("a@a.test", "b@a.test"))
    with pytest.raises(BadCertificate, match="belongs to the private key"):
        convert_credential(mine.key_pem + other.certificate_pem, "")
    with pytest.raises(BadCertificate):
        convert_credential(b"rubbish", "")
