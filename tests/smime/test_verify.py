import base64
import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.core.missing import name_issuers
from mssmail.core.verdict import Outcome, SignerKind
from mssmail.lab.pki import KeyKind, issue_person
from mssmail.mime import parts
from mssmail.mime.headers import find_authors
from mssmail.settings import RevocationMode
from mssmail.smime.sign import SigningKey, encode_signature, sign_message
from mssmail.smime.signed_data import parse_signed_data
from mssmail.smime.verify import verify_message
from mssmail.trust import der
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.pki import Pki, build_foreign_pki, build_pki
from tests.support.signed_mail import (
    ALICE,
    OFF,
    build_message,
    build_store,
    failed,
    judge,
    name,
    openssl,
    openssl_sign,
    sign,
    signing_key,
)

FAILED, UNKNOWN, SKIPPED = Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED
KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519]


@pytest.mark.parametrize("kind", KINDS)
def test_trusts_the_author_of_the_trust_space_whatever_the_key(kind: KeyKind) -> None:
    pki = build_pki()
    verdict = judge(sign(pki.make_person(ALICE, kind)), build_store(pki))
    assert name(verdict) == "Trusted"
    assert failed(verdict) == {}
    assert verdict.signer is not None
    assert (verdict.signer.emails, verdict.signer.kind) == ((ALICE,), SignerKind.PERSONAL)
    assert verdict.signer.subject == f"CN={ALICE},C=FR"
    assert verdict.signer.signed_at == pki.now


def test_trusts_a_pss_signature() -> None:
    pki = build_pki()
    assert name(judge(sign(pki.make_person(ALICE, KeyKind.RSA_2048), pss=True), build_store(pki))) == "Trusted"


def test_the_organisation_signs_for_exactly_its_domain() -> None:
    pki = build_pki()
    organisation = pki.make_organisation("a.test")
    verdict = judge(sign(organisation), build_store(pki))
    assert name(verdict) == "Trusted"
    assert verdict.signer is not None
    assert verdict.signer.kind is SignerKind.ORGANISATION
    for author in ("alice@x.a.test", "alice@b.test"):
        verdict = judge(sign(organisation, build_message(author)), build_store(pki))
        assert failed(verdict) == {"author": FAILED}


@pytest.mark.parametrize("author", ["Alice@A.TEST", "ALICE@a.test"])
def test_the_author_is_compared_without_regard_to_case(author: str) -> None:
    pki = build_pki()
    assert name(judge(sign(pki.make_person(ALICE), build_message(author)), build_store(pki))) == "Trusted"


@pytest.mark.parametrize(
    "change",
    [
        (b"Good morning.", b"Good morninG."),
        (b"charset=utf-8", b"charset=utf-7"),
        (b"Good morning.\r\n", b"Good morning.\r\n\r\n"),
        (b"\r\nContent-Type: text/plain", b"\r\nX: y\r\nContent-Type: text/plain"),
    ],
)
def test_refuses_a_message_altered_after_signing(change: tuple[bytes, bytes]) -> None:
    pki = build_pki()
    signed = sign(pki.make_person(ALICE))
    altered = signed.replace(*change)
    assert altered != signed
    verdict = judge(altered, build_store(pki))
    assert name(verdict) == "Altered"
    assert verdict.facts.chain.outcome is Outcome.PASSED


def test_header_fields_outside_may_change() -> None:
    pki = build_pki()
    signed = sign(pki.make_person(ALICE))
    assert name(judge(b"Received: by mx\r\n" + signed.replace(b"A result", b"Other"), build_store(pki))) == "Trusted"


def test_an_expired_signer_fails_on_dates_alone() -> None:
    pki = build_pki()
    verdict = judge(sign(pki.make_expired(ALICE)), build_store(pki))
    assert failed(verdict) == {"dates": FAILED}
    assert name(verdict) == "Untrusted"
    assert verdict.signer is not None


def test_a_revoked_signer_fails_on_revocation_alone() -> None:
    pki = Pki()
    alice = pki.make_person(ALICE)
    verdict = judge(sign(alice), build_store(pki, pki.make_crls(alice)))
    assert failed(verdict) == {"revocation": FAILED}


def test_a_foreign_signer_has_no_chain() -> None:
    foreign = build_foreign_pki(build_pki().now + timedelta(seconds=1))
    verdict = judge(sign(foreign.make_person(ALICE)), build_store(build_pki()))
    assert failed(verdict) == {"chain": FAILED, "revocation": SKIPPED}
    assert name(verdict) == "Untrusted"


def test_another_signer_than_the_author_fails_on_the_author_alone() -> None:
    pki = build_pki()
    signed = sign(pki.make_person("mallory@a.test"))
    verdict = judge(signed, build_store(pki))
    assert failed(verdict) == {"author": FAILED}
    assert verdict.facts.author.reason == "the signer speaks for mallory@a.test; From is alice@a.test"
    lenient = SignaturePolicy(author_rule=False)
    assert name(judge(signed, build_store(pki, policy=lenient))) == "Trusted"


def test_two_authors_have_no_signature_for_both() -> None:
    pki = build_pki()
    both = build_message().replace(b"From: Alice <alice@a.test>", b"From: alice@a.test, mallory@a.test")
    assert failed(judge(sign(pki.make_person(ALICE), both), build_store(pki))) == {"author": FAILED}


def test_a_missing_revocation_list_is_our_doubt_and_is_named() -> None:
    pki = build_pki()
    data = sign(pki.make_person(ALICE))
    root = parts.scan(data)
    verdict, missing = verify_message(data, root, find_authors(data, root), build_store(pki, ()), pki.now)
    assert name(verdict) == "Undetermined"
    assert failed(verdict) == {"revocation": UNKNOWN}
    assert name_issuers(missing) == ("CN=Test Issuing,O=LAB TRUST SPACE,C=FR", "CN=Test Root,O=LAB TRUST SPACE,C=FR")


@pytest.mark.parametrize("mode", [RevocationMode.SOFT, RevocationMode.OFF])
def test_without_lists_soft_and_off_pass(mode: RevocationMode) -> None:
    pki = build_pki()
    store = build_store(pki, (), SignaturePolicy(revocation=mode))
    assert name(judge(sign(pki.make_person(ALICE)), store)) == "Trusted"


def test_a_stale_list_is_our_doubt_too() -> None:
    pki = build_pki()
    assert name(judge(sign(pki.make_person(ALICE)), build_store(pki), days=8)) == "Undetermined"


def test_a_small_rsa_key_fails_on_usage_unless_allowed() -> None:
    pki = build_pki()
    signed = sign(issue_person(pki.issuing, ALICE, pki.now, kind=KeyKind.RSA_1024))
    assert failed(judge(signed, build_store(pki))) == {"usage": FAILED}
    assert name(judge(signed, build_store(pki, policy=SignaturePolicy(min_rsa_bits=1024)))) == "Trusted"


def test_a_certificate_that_is_not_for_mail_fails_on_usage() -> None:
    pki = build_pki()
    store = build_store(pki, policy=SignaturePolicy(author_rule=False))
    verdict = judge(sign(pki.make_operator("mx.a.test")), store)
    assert failed(verdict) == {"usage": FAILED, "author": SKIPPED}


def test_the_chain_may_come_with_the_message_or_from_here() -> None:
    pki = build_pki()
    alice = pki.make_person(ALICE)
    bare = sign_message(build_message(), SigningKey(alice.key, alice.certificate), pki.now)
    knowing = build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, policy=OFF))
    ignorant = build_trust_store(TrustSnapshot(1, pki.anchors, policy=OFF))
    assert name(judge(bare, knowing)) == "Trusted"
    assert failed(judge(bare, ignorant)) == {"chain": FAILED, "revocation": SKIPPED}
    assert name(judge(sign(alice), ignorant)) == "Trusted"


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (KeyKind.RSA_2048, ()),
        (KeyKind.RSA_2048, ("-stream",)),
        (KeyKind.RSA_2048, ("-nodetach",)),
        (KeyKind.RSA_2048, ("-nodetach", "-stream")),
        (KeyKind.RSA_2048, ("-keyid",)),
        (KeyKind.RSA_2048, ("-noattr",)),
        (KeyKind.RSA_2048, ("-noattr", "-nodetach")),
        (KeyKind.RSA_2048, ("-keyopt", "rsa_padding_mode:pss")),
        (KeyKind.RSA_2048, ("-keyopt", "rsa_padding_mode:pss", "-md", "sha384")),
        (KeyKind.RSA_2048, ("-md", "sha512")),
        (KeyKind.P256, ()),
        (KeyKind.P384, ("-stream", "-md", "sha384")),
    ],
)
def test_trusts_what_openssl_signs(tmp_path: Path, kind: KeyKind, options: tuple[str, ...]) -> None:
    pki = build_pki()
    text = "Bonjour, dear reader.\r\n" * 900
    signed = openssl_sign(tmp_path, pki.make_person(ALICE, kind), build_message(text=text), *options)
    verdict = judge(signed, build_store(pki))
    assert name(verdict) == "Trusted", verdict.facts


def test_reads_a_signed_file_whose_lines_end_as_unix_writes_them(tmp_path: Path) -> None:
    pki = build_pki()
    signed = openssl_sign(tmp_path, pki.make_person(ALICE), build_message())
    assert name(judge(signed.replace(b"\r\n", b"\n"), build_store(pki))) == "Trusted"


def test_sha1_fails_on_usage_unless_allowed(tmp_path: Path) -> None:
    pki = build_pki()
    signed = openssl_sign(tmp_path, pki.make_person(ALICE, KeyKind.RSA_2048), build_message(), "-md", "sha1")
    assert failed(judge(signed, build_store(pki))) == {"usage": FAILED}
    assert name(judge(signed, build_store(pki, policy=SignaturePolicy(allow_sha1=True)))) == "Trusted"


def test_md5_is_never_believed(tmp_path: Path) -> None:
    pki = build_pki()
    signed = openssl_sign(tmp_path, pki.make_person(ALICE, KeyKind.RSA_2048), build_message(), "-md", "md5")
    assert failed(judge(signed, build_store(pki, policy=SignaturePolicy(allow_sha1=True)))) == {"usage": FAILED}


def test_every_signer_must_pass(tmp_path: Path) -> None:
    pki = build_pki()
    alice, expired = pki.make_person(ALICE), pki.make_expired(ALICE)
    organisation = pki.make_organisation("a.test")
    for second, outcomes in ((organisation, {}), (expired, {"dates": FAILED})):
        certificate, key = second.write(tmp_path, "second")
        signed = openssl_sign(tmp_path, alice, build_message(), "-signer", str(certificate), "-inkey", str(key))
        assert failed(judge(signed, build_store(pki))) == outcomes


def test_a_signers_certificate_that_is_nowhere_fails_the_chain(tmp_path: Path) -> None:
    pki = build_pki()
    data, store = _without_certificates(tmp_path, pki), build_store(pki)
    alone = judge(data, store)
    assert name(alone) == "Untrusted"
    assert failed(alone)["chain"] is FAILED
    assert alone.facts.integrity.outcome is UNKNOWN
    assert alone.signer is None
    assert name(judge(data.replace(b"Good", b"Bad"), store)) == "Altered"


def _without_certificates(directory: Path, pki: Pki) -> bytes:
    certificate, key = pki.make_person(ALICE).write(directory, "alone")
    inner = b"Content-Type: text/plain\r\n\r\nGood morning.\r\n"
    arguments = ("cms", "-sign", "-signer", certificate, "-inkey", key, "-nocerts", "-crlfeol")
    return b"From: alice@a.test\r\n" + openssl(*arguments, data=inner)


def test_the_signers_certificate_may_be_known_here(tmp_path: Path) -> None:
    pki = build_pki()
    known = (*pki.intermediates, pki.make_person(ALICE).certificate.public_bytes(Encoding.DER))
    store = build_trust_store(TrustSnapshot(1, pki.anchors, known, policy=OFF))
    assert name(judge(_without_certificates(tmp_path, pki), store)) == "Trusted"


def test_a_content_shown_beside_a_content_signed_is_refused(tmp_path: Path) -> None:
    """The signature part brings a content of its own, which holds, while readers are shown another."""
    pki = build_pki()
    certificate, key = pki.make_person(ALICE).write(tmp_path, "alice")
    arguments = ("cms", "-sign", "-signer", certificate, "-inkey", key, "-binary", "-outform", "DER")
    cms = openssl(*arguments, "-nodetach", data=b"Content-Type: text/plain\r\n\r\nGood morning.\r\n")
    shown = b"Content-Type: text/plain\r\n\r\nGood riddance.\r\n"
    verdict = judge(_wrap(shown, cms), build_store(pki))
    assert name(verdict) == "Altered"
    assert "a content of its own" in verdict.facts.integrity.reason
    opaque = b"From: alice@a.test\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert name(judge(opaque + base64.b64encode(cms), build_store(pki))) == "Trusted"
    detached = openssl(*arguments, data=shown)
    assert name(judge(_wrap(shown, detached), build_store(pki))) == "Trusted"
    assert name(judge(opaque + base64.b64encode(detached), build_store(pki))) == "Altered"


def _wrap(entity: bytes, cms: bytes) -> bytes:
    head = b'From: alice@a.test\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b'
    part = b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"\r\n\r\n--b\r\n" + entity + part + base64.b64encode(cms) + b"\r\n--b--\r\n"


def test_a_signature_part_without_signers_is_altered_and_junk_beside_the_certificates_is_passed_over() -> None:
    pki = build_pki()
    entity = b"Content-Type: text/plain\r\n\r\nGood morning.\r\n"
    alice = signing_key(pki.make_person(ALICE))
    cms = encode_signature(entity, alice, pki.now)
    signer = parse_signed_data(cms)
    junk = der.encode_tlv(der.SEQUENCE, b"\x05\x00")
    bag = der.encode_tlv(der.CONTEXT_0, *signer.certificates)
    _, start, end = der.read_tlv(cms, cms.index(bag), len(cms))
    head = (
        der.encode_integer(1) + der.encode_set() + der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.1"))
    )
    info = cms[end:]
    outcomes = []
    for signers in (info, der.encode_set()):
        fields = head + der.encode_tlv(der.CONTEXT_0, junk, cms[start:end]) + signers
        inner = der.encode_tlv(der.CONTEXT_0, der.encode_tlv(der.SEQUENCE, fields))
        message = der.encode_tlv(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.7.2"), inner)
        outcomes.append(name(judge(_wrap(entity, message), build_store(pki))))
    assert outcomes == ["Trusted", "Altered"]


def test_an_enveloped_message_is_encrypted_and_a_bag_of_certificates_is_unsigned(tmp_path: Path) -> None:
    pki = build_pki()
    certificate, _ = pki.make_person(ALICE, KeyKind.RSA_2048).write(tmp_path, "bob")
    enveloped = b"From: alice@a.test\r\n" + openssl("cms", "-encrypt", "-aes256", certificate, data=build_message())
    gcm = b"From: alice@a.test\r\n" + openssl("cms", "-encrypt", "-aes-256-gcm", certificate, data=build_message())
    bag = openssl("crl2pkcs7", "-nocrl", "-certfile", certificate, "-outform", "DER")
    head = b"From: alice@a.test\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    store = build_store(pki)
    assert [name(judge(data, store)) for data in (enveloped, gcm, head + bag)] == ["Encrypted", "Encrypted", "Unsigned"]


@pytest.mark.parametrize("junk", [b"", b"AAAA", b"MIIB", b"!", b"A", b"MIAGCSqGSIb3DQEHAqCAMIAAAAAAAAA="])
def test_a_broken_signature_is_altered(junk: bytes) -> None:
    pki = build_pki()
    signed = sign(pki.make_person(ALICE))
    broken = re.sub(rb"(Signature\r\n\r\n).*?(\r\n--)", rb"\g<1>" + junk + rb"\g<2>", signed, flags=re.S)
    assert broken != signed
    verdict = judge(broken, build_store(pki))
    assert name(verdict) == "Altered"
    assert verdict.signer is None


def test_after_one_path_that_leads_nowhere_no_other_is_searched(tmp_path: Path) -> None:
    """Sixteen signers, each behind a maze of certificates, would make one message cost as much as sixteen."""
    pki = build_pki()
    certificate, key = pki.make_organisation("a.test").write(tmp_path, "second")
    both = ("-signer", str(certificate), "-inkey", str(key))
    signed = openssl_sign(tmp_path, pki.make_person(ALICE), build_message(), *both)
    elsewhere = build_store(build_foreign_pki())
    verdict = judge(signed, elsewhere)
    assert verdict.facts.chain.outcome is FAILED
    assert verdict.facts.dates.outcome is SKIPPED  # nobody asked for the second
    assert name(judge(signed.replace(b"Good", b"Evil"), elsewhere)) == "Altered"  # that is asked of every signer
