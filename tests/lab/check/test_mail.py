"""The stranger's messages are what they say they are."""

from email import message_from_bytes
from pathlib import Path
from shutil import which

import pytest

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.verdict import Altered, Trusted
from mssmail.lab.check.mail import alter, build_letter, sign_letter, sign_with_openssl
from mssmail.lab.pki import KeyKind
from mssmail.mime.parts import scan
from mssmail.settings import RevocationMode
from mssmail.smime.verify import verify_message
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.pki import Pki

AUTHOR = "a@a.test"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(read_clock().replace(microsecond=0))


def _store(pki: Pki) -> TrustStore:
    policy = SignaturePolicy(revocation=RevocationMode.OFF)
    return build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, policy=policy))


def _key(pki: Pki, folder: Path) -> Path:
    return pki.make_person(AUTHOR, KeyKind.RSA_2048).write_bundle(folder / "key.pem")


def test_a_letter_has_the_size_and_the_attachment_asked_for() -> None:
    letter = build_letter(AUTHOR, "b@b.test", size=20_000, pdf=5_000)
    parsed = message_from_bytes(letter.data)
    assert parsed["Message-ID"] == letter.message_id
    assert [part.get_content_type() for part in parsed.walk()][1:] == ["text/plain", "application/pdf"]
    assert len(letter.data) > 25_000
    assert b"\n" not in letter.data.replace(b"\r\n", b"")


def test_a_signed_letter_is_trusted_and_an_altered_one_is_not(pki: Pki, tmp_path: Path) -> None:
    signed = sign_letter(build_letter(AUTHOR, "b@b.test"), _key(pki, tmp_path))
    authors = (parse_address(AUTHOR),)
    verdict, _ = verify_message(signed.data, scan(signed.data), authors, _store(pki), read_clock())
    assert isinstance(verdict.summary, Trusted)
    data = alter(signed).data
    verdict, _ = verify_message(data, scan(data), authors, _store(pki), read_clock())
    assert isinstance(verdict.summary, Altered)


@pytest.mark.skipif(which("openssl") is None, reason="the openssl command is not here")
def test_what_openssl_signs_is_trusted(pki: Pki, tmp_path: Path) -> None:
    chain, _ = pki.issuing.credential.write(tmp_path, "issuing")
    signed = sign_with_openssl(build_letter(AUTHOR, "b@b.test"), _key(pki, tmp_path), chain)
    verdict, _ = verify_message(signed.data, scan(signed.data), (parse_address(AUTHOR),), _store(pki), read_clock())
    assert isinstance(verdict.summary, Trusted), verdict.facts
