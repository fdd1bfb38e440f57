from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from mssmail.errors import BadCertificate
from mssmail.trust.anchors import load_certificates, read_stamps
from tests.support.odd_certificates import make_root
from tests.support.pki import build_pki


def test_reads_every_kind_of_file_of_a_directory_once(tmp_path: Path) -> None:
    one, two, three = make_root("One"), make_root("Two"), make_root("Three")
    (tmp_path / "a.pem").write_bytes(
        b"some words\n" + one.certificate.public_bytes(Encoding.PEM) + two.certificate.public_bytes(Encoding.PEM)
    )
    (tmp_path / "b.der").write_bytes(two.der)
    (tmp_path / "c.p7b").write_bytes(pkcs7.serialize_certificates([three.certificate, one.certificate], Encoding.DER))
    (tmp_path / "d.P7C").write_bytes(pkcs7.serialize_certificates([three.certificate], Encoding.PEM))
    (tmp_path / "README.md").write_text("not a certificate")
    (tmp_path / "sub.pem").mkdir()
    assert load_certificates(tmp_path) == (one.der, two.der, three.der)


def test_reads_one_file_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_bytes(build_pki().make_person("a@a.test").certificate_pem)
    assert len(load_certificates(tmp_path / "bundle")) == 2


def test_an_empty_directory_holds_none(tmp_path: Path) -> None:
    assert load_certificates(tmp_path) == ()


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_one_bad_file_is_named_instead_of_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "good.crt").write_bytes(make_root().der)
    (tmp_path / "bad.crt").write_bytes(content)
    with pytest.raises(BadCertificate, match=r"bad\.crt"):
        load_certificates(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match="nowhere"):
        load_certificates(tmp_path / "nowhere")


def test_refuses_a_file_larger_than_certificates_are(tmp_path: Path) -> None:
    with (tmp_path / "big.pem").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(BadCertificate, match="larger"):
        load_certificates(tmp_path)


def test_stamps_differ_once_a_file_has_changed_come_or_gone(tmp_path: Path) -> None:
    folder = tmp_path / "anchors"
    gone = read_stamps(folder)
    folder.mkdir()
    seen = [gone, read_stamps(folder)]
    for act in (
        lambda: (folder / "a.crt").write_bytes(b"1"),
        lambda: (folder / "a.crt").write_bytes(b"22"),
        lambda: (folder / "b.crt").write_bytes(b"1"),
        (folder / "a.crt").unlink,
    ):
        act()
        seen.append(read_stamps(folder))
    assert len(set(seen)) == len(seen)
    (folder / "README").write_text("no certificate")
    assert read_stamps(folder) == seen[-1]
