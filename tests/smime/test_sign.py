import asyncio
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from mssmail.core.verdict import Outcome
from mssmail.errors import BadCertificate
from mssmail.lab.pki import KeyKind, encode_certificates
from mssmail.mime import parts
from mssmail.smime.integrity import SignedContent, verify_integrity
from mssmail.smime.sign import SigningKey, encode_signature, parse_signing_key, sign_message
from mssmail.smime.signed_data import DATA, parse_signed_data
from mssmail.smime.structure import find_layer
from mssmail.trust.signature_policy import SignaturePolicy
from tests.support.odd_certificates import authority, make_root
from tests.support.pki import build_pki
from tests.support.pss import Pss, restrict
from tests.support.signed_mail import ALICE, build_message, build_store, judge, name, openssl, sign, signing_key

KINDS = [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384, KeyKind.ED25519]


def test_reads_a_key_whatever_its_order() -> None:
    alice = build_pki().make_person(ALICE)
    bundle = alice.key_pem + alice.certificate_pem + encode_certificates(alice.chain)
    root = encode_certificates([build_pki().root.certificate])
    key = parse_signing_key(root + encode_certificates(alice.chain) + bundle)
    assert key.certificate == alice.certificate
    assert key.chain == alice.chain  # each once, and not the self-signed root
    assert key.key.public_key() == alice.key.public_key()


def test_refuses_what_is_no_signing_key() -> None:
    pki = build_pki()
    alice, bob = pki.make_person(ALICE), pki.make_person("bob@b.test")
    unsuitable = dsa.generate_private_key(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content, reason in (
        (b"", "no readable private key"),
        (alice.certificate_pem, "no readable private key"),
        (alice.key_pem, "no readable certificate"),
        (alice.key_pem + bob.certificate_pem, "no certificate of the private key"),
        (unsuitable + alice.certificate_pem, "not an RSA, EC or Ed25519 key"),
    ):
        with pytest.raises(BadCertificate, match=reason):
            parse_signing_key(content)


@pytest.mark.parametrize(
    ("kind", "micalg"),
    [
        (KeyKind.RSA_2048, "sha-256"),
        (KeyKind.P256, "sha-256"),
        (KeyKind.P384, "sha-384"),
        (KeyKind.ED25519, "sha-512"),
    ],
)
def test_micalg_is_the_digest_used(kind: KeyKind, micalg: str) -> None:
    signed = sign(build_pki().make_person(ALICE, kind))
    root = parts.scan(signed)
    assert root.find_param("micalg") == micalg
    assert root.find_param("protocol") == "application/pkcs7-signature"


def test_a_larger_curve_takes_the_larger_digest() -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    certificate = make_root().issue("p521", key=key).certificate
    assert SigningKey(key, certificate).digest.micalg == "sha-512"


def test_header_fields_stay_outside_in_order_and_content_fields_go_inside() -> None:
    message = (
        b"Received: by a\r\n\tfor b\r\nFrom: alice@a.test\r\nContent-Type: text/html;\r\n charset=utf-8\r\n"
        b"Subject: x\r\nContent-Transfer-Encoding: 7bit\r\nX-MSS: y\r\nMIME-Version: 1.0\r\n\r\n<p>hello</p>\r\n"
    )
    signed = sign(build_pki().make_person(ALICE), message)
    outer, _, rest = signed.partition(b"Content-Type: multipart/signed")
    assert outer == (
        b"Received: by a\r\n\tfor b\r\nFrom: alice@a.test\r\nSubject: x\r\nX-MSS: y\r\nMIME-Version: 1.0\r\n"
    )
    layer = find_layer(signed, parts.scan(signed))
    assert layer.content is not None
    assert layer.content.cut(signed) == (
        b"Content-Type: text/html;\r\n charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<p>hello</p>\r\n"
    )
    assert rest.endswith(b"--\r\n")


@pytest.mark.parametrize(
    ("message", "entity"),
    [
        (b"From: a@a.test\n\nhello\n", b"Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n"),
        (
            "From: a@a.test\r\n\r\nété".encode(),
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9t\xc3\xa9",
        ),
        (
            "From: a@a.test\r\nContent-Transfer-Encoding: BINARY\r\n\r\né".encode(),
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BINARY\r\n\r\n\xc3\xa9",
        ),
        (b"From: a@a.test", b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"),
        (b"", b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"),
        (b"\r\nbody", b"Content-Type: text/plain; charset=us-ascii\r\n\r\nbody"),
    ],
)
def test_the_entity_is_canonical_and_says_what_it_is(message: bytes, entity: bytes) -> None:
    signed = sign(build_pki().make_person(ALICE), message)
    assert b"MIME-Version: 1.0\r\n" in signed.partition(b"Content-Type: multipart/signed")[0]
    layer = find_layer(signed, parts.scan(signed))
    assert layer.fault == ""
    assert layer.content is not None
    assert layer.content.cut(signed) == entity
    assert b"\n" not in signed.replace(b"\r\n", b"")


def test_signing_time_is_now_and_so_near_the_date() -> None:
    pki = build_pki()
    late = datetime(2050, 1, 1, 12, tzinfo=UTC)
    for at in (pki.now, pki.now.astimezone(tz=None), late):
        signed = encode_signature(b"x", signing_key(pki.make_person(ALICE)), at)
        found = cms.ContentInfo.load(signed)["content"]["signer_infos"][0]["signed_attrs"]
        times = [each["values"].native for each in found if each["type"].native == "signing_time"]
        assert times == [[at]]
    with pytest.raises(ValueError, match="time zone"):
        sign_message(build_message(), signing_key(pki.make_person(ALICE)), datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_chain_goes_along_without_the_root() -> None:
    alice = build_pki().make_person(ALICE)
    raw = encode_signature(b"x", signing_key(alice), build_pki().now)
    certificates = {each.public_bytes(Encoding.DER) for each in (alice.certificate, *alice.chain)}
    assert set(parse_signed_data(raw).certificates) == certificates


@pytest.mark.parametrize(
    ("kind", "pss"),
    [(KeyKind.RSA_2048, False), (KeyKind.RSA_2048, True), (KeyKind.P256, False), (KeyKind.P384, False)],
)
def test_openssl_verifies_what_we_sign(tmp_path: Path, kind: KeyKind, *, pss: bool) -> None:
    pki = build_pki()
    pki.write_anchors(tmp_path)
    signed = sign(pki.make_person(ALICE, kind), build_message(text="Bonjour été\r\n" * 99), pss=pss)
    moment = str(int(pki.now.timestamp()))
    arguments = ("cms", "-verify", "-CAfile", tmp_path / "root.crt", "-attime", moment, "-purpose", "smimesign")
    content = openssl(*arguments, data=signed)
    assert "Bonjour été".encode() in content


@pytest.mark.parametrize("kind", KINDS)
def test_pyhanko_verifies_what_we_sign(kind: KeyKind) -> None:
    from asn1crypto import x509 as asn1_x509

    pki = build_pki()
    raw = encode_signature(b"entity", signing_key(pki.make_person(ALICE, kind)), pki.now)
    roots = [asn1_x509.Certificate.load(der) for der in pki.anchors]
    context = ValidationContext(trust_roots=roots, moment=pki.now, revocation_mode="soft-fail")
    signed = cms.ContentInfo.load(raw)["content"]
    validation = async_validate_detached_cms(
        b"entity", signed, signer_validation_context=context, key_usage_settings=None
    )
    status = asyncio.run(validation)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)


@pytest.mark.parametrize("kind", KINDS)
def test_we_trust_what_we_sign(kind: KeyKind) -> None:
    pki = build_pki()
    attachment = build_message(text="x" * 70_000 + "\r\n--=_not-a-boundary\r\n")
    assert name(judge(sign(pki.make_person(ALICE, kind), attachment), build_store(pki))) == "Trusted"


def test_mail_programs_find_text_and_signature() -> None:
    signed = sign(build_pki().make_person(ALICE))
    message = message_from_bytes(signed, policy=policy.default)
    text, signature = message.iter_parts()
    assert text.get_content() == "Good morning.\r\n"
    assert signature.get_content_type() == "application/pkcs7-signature"
    assert signature.get_filename() == "smime.p7s"
    assert not message.defects
    assert max(map(len, re.split(rb"\r\n", signed))) < 100


def test_signed_mail_can_be_signed_again() -> None:
    pki = build_pki()
    key = signing_key(pki.make_person(ALICE))
    twice = sign_message(sign_message(build_message(), key, pki.now), key, pki.now + timedelta(seconds=1))
    assert name(judge(twice, build_store(pki))) == "Trusted"


def test_self_issued_authorities_of_a_key_file_are_not_sent() -> None:
    root = make_root()
    leaf = root.issue("leaf", *authority())
    pem = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert parse_signing_key(pem + encode_certificates([leaf.certificate, root.certificate])).chain == ()


def _restrict(limits: Pss | None) -> SigningKey:
    """Alice's RSA key, for RSASSA-PSS only."""
    pki = build_pki()
    alice = pki.make_person(ALICE, KeyKind.RSA_2048)
    raw = restrict(alice.certificate, pki.issuing.credential.key, limits)
    return SigningKey(alice.key, x509.load_der_x509_certificate(raw), alice.chain)


@pytest.mark.parametrize("limits", [None, Pss(), Pss("sha384", "sha384", 60)])
def test_a_key_for_pss_only_signs_so_without_being_told(limits: Pss | None) -> None:
    key = _restrict(limits)
    signed = sign_message(build_message(), key, build_pki().now)
    assert name(judge(signed, build_store(build_pki()))) == "Trusted"
    assert parts.scan(signed).find_param("micalg") == ("sha-384" if limits and limits.digest == "sha384" else "sha-256")


def test_the_verdict_is_altered_on_a_signature_that_its_certificate_excludes() -> None:
    """The same private key under a certificate that allows it PKCS #1 v1.5, and PSS with another digest."""
    pki = build_pki()
    alice = pki.make_person(ALICE, KeyKind.RSA_2048)
    entity = b"Content-Type: text/plain\r\n\r\nGood morning.\r\n"
    for limits, pss in ((None, False), (Pss(), False), (Pss("sha384", "sha384", 48), True)):
        other = _restrict(limits)
        excluded = encode_signature(entity, SigningKey(alice.key, alice.certificate), pki.now, pss=pss)
        fact = verify_integrity(
            parse_signed_data(excluded).signers[0],
            SignedContent(DATA, entity, is_mime=True),
            other.pss_key,
            SignaturePolicy(),
        ).fact
        assert fact.outcome is Outcome.FAILED
        assert "allows its key no signature of this algorithm" in fact.reason


def test_a_key_restricted_to_what_we_do_not_sign_with_is_no_signing_key() -> None:
    alice = build_pki().make_person(ALICE, KeyKind.RSA_2048)
    for limits in (Pss("sha224", "sha224"), Pss("sha256", "sha384")):
        pem = _restrict(limits).certificate.public_bytes(Encoding.PEM)
        with pytest.raises(BadCertificate, match="do not sign with"):
            parse_signing_key(alice.key_pem + pem)
    pem = _restrict(Pss()).certificate.public_bytes(Encoding.PEM)
    assert parse_signing_key(alice.key_pem + pem).limits is not None
