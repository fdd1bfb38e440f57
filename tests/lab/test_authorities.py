"""The lab's CAs survive on disk and keep what they revoked."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509

from mssmail.lab.authorities import create_authorities, load_authorities
from mssmail.lab.pki import KeyKind, issue_person
from tests.support.pki import NOW


def test_reloaded_authorities_publish_what_was_revoked(tmp_path: Path) -> None:
    made = create_authorities(tmp_path / "ca", NOW, "http://127.0.0.1:1/root.crl", "http://127.0.0.1:1/issuing.crl")
    victim = issue_person(made.issuing, "gone@a.test", NOW, kind=KeyKind.P256)
    made.issuing.revoke(victim.certificate, NOW)
    made.save()
    load_authorities(tmp_path / "ca").publish_crls(tmp_path, NOW)
    first = x509.load_der_x509_crl((tmp_path / "issuing.crl").read_bytes())
    assert first.get_revoked_certificate_by_serial_number(victim.certificate.serial_number) is not None
    load_authorities(tmp_path / "ca").publish_crls(tmp_path, NOW + timedelta(hours=1))
    second = x509.load_der_x509_crl((tmp_path / "issuing.crl").read_bytes())
    numbers = [crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in (first, second)]
    assert numbers[0] < numbers[1]
    assert (tmp_path / "ca" / "issuing.key").stat().st_mode & 0o077 == 0
