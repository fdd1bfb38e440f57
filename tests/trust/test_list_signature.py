"""Tests of the list's XML signature: what holds, every way of wrapping, and independent oracles."""

import base64
import hashlib
import re
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import VerifyResult, XMLVerifier

from mssmail.errors import BadWhiteList
from mssmail.lab.pki import KeyKind, Profile, build_subject
from mssmail.trust.list_signature import DSIG, ECDSA_SHA256, EXCLUSIVE_C14N, RSA_SHA256, SHA256, cut_out
from mssmail.trust.list_signature import verify_list_signature as verify
from mssmail.trust.sign_list import build_white_list
from mssmail.trust.whitelist import NAMESPACE, parse_list
from tests.support.budget import examples
from tests.support.lists import GENERATED_AT, make_entries, make_list, make_signer, read_key
from tests.support.pki import NOW, build_pki

LIST = make_list()
RSA_LIST = make_list(signer=make_signer(KeyKind.RSA_2048))


def _verify(raw: bytes) -> etree._Element:
    root = parse_list(raw)
    verify(root)
    return root


def _change(old: str, new: str, raw: bytes = LIST) -> bytes:
    assert old.encode() in raw
    return raw.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256, KeyKind.P384])
def test_believes_a_list_as_it_was_signed(kind: KeyKind) -> None:
    signer = make_signer(kind)
    root = parse_list(make_list(signer=signer))
    assert verify(root) == (signer.certificate_der,)
    assert [child.tag for child in root] == [f"{{{NAMESPACE}}}DateDeGeneration", f"{{{NAMESPACE}}}ListeDomaines"]


def test_signxml_believes_what_we_sign() -> None:
    for raw, kind in ((LIST, KeyKind.P256), (RSA_LIST, KeyKind.RSA_2048)):
        found = XMLVerifier().verify(raw, x509_cert=make_signer(kind).certificate)
        assert isinstance(found, VerifyResult)
        assert found.signed_xml is not None
        assert found.signed_xml.tag == f"{{{NAMESPACE}}}ListeBlancheMSSante"


def test_a_digest_and_a_signature_value_recomputed_by_hand_agree() -> None:
    """The oracle of one shape: no attributes, one default namespace, so canonical form can be written by hand."""
    text = RSA_LIST.decode()
    signature = re.search(r"<Signature .*</Signature>", text, re.DOTALL)
    assert signature is not None
    content = text.partition("?>\n")[2].replace(signature[0], "")
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"<DigestValue>{digest}</DigestValue>" in signature[0]
    signed_info = re.search(r"<SignedInfo>.*</SignedInfo>", signature[0], re.DOTALL)
    value = re.search(r"<SignatureValue>(.*)</SignatureValue>", signature[0], re.DOTALL)
    assert signed_info is not None
    assert value is not None
    canonical = re.sub(r"<(\w+)([^>]*)/>", r"<\1\2></\1>", signed_info[0])
    canonical = canonical.replace("<SignedInfo>", f'<SignedInfo xmlns="{DSIG}">')
    key = make_signer(KeyKind.RSA_2048).certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(value[1]), canonical.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("digest", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("method", ["RSA", "ECDSA"])
def test_believes_what_signxml_signs(method: str, digest: str) -> None:
    signer = make_signer(KeyKind.RSA_2048 if method == "RSA" else KeyKind.P256)
    stranger = XMLSigner(
        signature_algorithm=SignatureMethod[f"{method}_{digest}"],
        digest_algorithm=DigestAlgorithm[digest],
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    root = parse_list(build_white_list(make_entries("ch-a.test"), GENERATED_AT))
    signed = stranger.sign(root, key=read_key(signer), cert=[signer.certificate])
    assert verify(parse_list(etree.tostring(signed))) == (signer.certificate_der,)


def test_text_behind_the_signature_stays_signed_content() -> None:
    with pytest.raises(BadWhiteList, match="digest differs"):
        _verify(_change("</Signature>", "</Signature> "))


def test_blanks_around_the_signature_may_be_signed() -> None:
    spaced = build_white_list(make_entries("ch-a.test"), GENERATED_AT).replace(b"</Liste", b"\n  </Liste")
    root = parse_list(spaced)
    stranger = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signer = make_signer(KeyKind.RSA_2048)
    signed = etree.tostring(stranger.sign(root, key=read_key(signer), cert=[signer.certificate]))
    _verify(signed)


ENTRY = re.compile(rb"<Domaine>.*?</Domaine>", re.DOTALL)
SIGNATURE = re.compile(rb"<Signature .*</Signature>", re.DOTALL)


def _signature_of(raw: bytes) -> bytes:
    match = SIGNATURE.search(raw)
    assert match is not None
    return match[0]


def _wrap_whole_list_in_a_fake_one(raw: bytes) -> bytes:
    signature = _signature_of(raw)
    inner = SIGNATURE.sub(b"", raw).partition(b"?>\n")[2]
    fake = build_white_list(make_entries("evil.test"), GENERATED_AT)
    return fake.replace(b"</ListeBlancheMSSante>", inner + signature + b"</ListeBlancheMSSante>")


def _hide_original_in_an_object(raw: bytes) -> bytes:
    original = SIGNATURE.sub(b"", raw).partition(b"?>\n")[2]
    signature = _signature_of(raw).replace(b"</Signature>", b"<Object>" + original + b"</Object></Signature>")
    fake = build_white_list(make_entries("evil.test"), GENERATED_AT)
    return fake.replace(b"</ListeBlancheMSSante>", signature + b"</ListeBlancheMSSante>")


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (lambda raw: SIGNATURE.sub(b"", raw), "is not signed"),
        (lambda raw: raw.replace(b"<Nom>ch-a", b"<Nom>ch-z", 1), "digest differs"),
        (lambda raw: ENTRY.sub(b"", raw, count=1), "digest differs"),
        (lambda raw: raw.replace(b"2026-06-01T06", b"2026-06-02T06", 1), "digest differs"),
        (lambda raw: SIGNATURE.sub(_signature_of(raw) * 2, raw), "2 Signature elements"),
        (
            lambda raw: raw.replace(b"<ListeDomaines>", b"<ListeDomaines>" + _signature_of(raw), 1),
            "2 Signature elements",
        ),
        (
            lambda raw: SIGNATURE.sub(b"", raw).replace(b"<ListeDomaines>", b"<ListeDomaines>" + _signature_of(raw), 1),
            "not a child of the root",
        ),
        (_wrap_whole_list_in_a_fake_one, "digest differs"),
        (_hide_original_in_an_object, "must hold SignedInfo, SignatureValue, KeyInfo and nothing else"),
        (lambda raw: raw.replace(b'URI=""', b'URI="#x"'), "must cover the whole document"),
        (lambda raw: raw.replace(b'URI=""', b'URI="" Type="x"'), "must cover the whole document"),
        (lambda raw: raw.replace(b'<Reference URI="">', b"<Reference>"), "must cover the whole document"),
        (lambda raw: raw.replace(b'URI=""', b'URI="http://evil.test/"'), "must cover the whole document"),
        (
            lambda raw: re.sub(rb"(<Reference.*</Reference>)", rb"\1\1", raw, flags=re.DOTALL),
            "SignedInfo must hold",
        ),
        (
            lambda raw: raw.replace(
                b"</Transforms>", b'<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></Transforms>'
            ),
            "transforms must be",
        ),
        (
            lambda raw: raw.replace(
                b'enveloped-signature"/>', b'enveloped-signature"><XPath>self::*</XPath></Transform>', 1
            ),
            "has parameters",
        ),
        (
            lambda raw: re.sub(rb"<Transform Algorithm=\S+exc-c14n#\"/>", b"", raw),
            "transforms must be",
        ),
        (lambda raw: raw.replace(ECDSA_SHA256.encode(), f"{DSIG}hmac-sha1".encode()), "hmac-sha1 is not accepted"),
        (
            lambda raw: raw.replace(ECDSA_SHA256.encode(), b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
            "hmac-sha256 is not accepted",
        ),
        (lambda raw: raw.replace(ECDSA_SHA256.encode(), f"{DSIG}rsa-sha1".encode()), "rsa-sha1 is not accepted"),
        (lambda raw: raw.replace(ECDSA_SHA256.encode(), b""), "is not accepted"),
        (lambda raw: raw.replace(ECDSA_SHA256.encode(), RSA_SHA256.encode()), "signature value does not hold"),
        (lambda raw: raw.replace(SHA256.encode(), f"{DSIG}sha1".encode()), "sha1 is not accepted"),
        (
            lambda raw: raw.replace(EXCLUSIVE_C14N.encode(), b"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", 1),
            "canonicalisation .* is not accepted",
        ),
        (lambda raw: raw.replace(b"<DigestValue>", b"<DigestValue>!"), "DigestValue is not base64"),
        (lambda raw: re.sub(rb"<X509Data>.*</X509Data>", b"", raw, flags=re.DOTALL), "holds 0 certificates"),
        (lambda raw: re.sub(rb"(<X509Certificate>).*(</X509C)", rb"\1AAAA\2", raw, flags=re.DOTALL), "cannot be read"),
        (
            lambda raw: re.sub(rb"(<SignatureValue>).*(</SignatureV)", rb"\1AAAA\2", raw, flags=re.DOTALL),
            "signature value does not hold",
        ),
        (lambda raw: raw.replace(b"<SignedInfo>", b'<SignedInfo Id="x">'), "signature value does not hold"),
    ],
)
def test_refuses_every_other_way_to_put_it(attack: Callable[[bytes], bytes], reason: str) -> None:
    forged = attack(LIST)
    assert forged != LIST
    with pytest.raises(BadWhiteList, match=reason):
        _verify(forged)


def test_a_method_of_the_other_kind_of_key_does_not_hold() -> None:
    with pytest.raises(BadWhiteList, match="signature value does not hold"):
        _verify(_change(RSA_SHA256, ECDSA_SHA256, RSA_LIST))


def test_a_list_without_canonical_form_is_refused() -> None:
    relative = LIST.replace(b"<Nom>", b'<Nom xmlns:x="relative/name">', 1)
    with pytest.raises(BadWhiteList, match=r"canonical form|digest differs"):
        _verify(relative)


def test_a_key_of_another_kind_signs_no_list() -> None:
    subject = build_subject("alb.mssante.test")
    edwards = build_pki().issuing.issue(Profile.PERSON, subject, NOW, kind=KeyKind.ED25519)
    der = base64.b64encode(edwards.certificate_der)
    forged = re.sub(rb"(<X509Certificate>).*(</X509C)", rb"\1" + der + rb"\2", LIST, flags=re.DOTALL)
    with pytest.raises(BadWhiteList, match="signature value does not hold"):
        _verify(forged)


def test_reads_the_line_ends_of_other_tools() -> None:
    """The real list's base64 has a carriage return, written as a reference, at the end of each line."""
    value = re.search(rb"<SignatureValue>(.*)</SignatureValue>", RSA_LIST, re.DOTALL)
    assert value is not None
    _verify(RSA_LIST.replace(value[1], value[1].strip().replace(b"\n", b"&#13;\n")))


def test_refuses_a_list_signed_with_another_key_under_the_signers_certificate() -> None:
    mine, theirs = make_signer(), make_signer(KeyKind.P256, "evil.test", "evil@evil.test")
    forged = make_list(signer=theirs)
    body, head = (base64.b64encode(each.certificate_der).decode() for each in (theirs, mine))
    flat = re.sub(
        rb"<X509Certificate>(.*)</X509Certificate>",
        lambda match: b"<X509Certificate>" + b"".join(match[1].split()) + b"</X509Certificate>",
        forged,
        flags=re.DOTALL,
    )
    with pytest.raises(BadWhiteList, match="signature value does not hold"):
        _verify(_change(body, head, flat))


def test_the_signer_is_the_certificate_whose_key_signed_whatever_the_order() -> None:
    chain = base64.b64encode(make_signer().chain[0].public_bytes(Encoding.DER)).decode()
    swapped = _change("<X509Data>", f"<X509Data><X509Certificate>{chain}</X509Certificate>")
    assert verify(parse_list(swapped))[0] == make_signer().certificate_der


@examples(150)
@given(st.integers(0, len(RSA_LIST) - 1), st.integers(1, 255))
def test_a_changed_octet_never_changes_what_is_read(place: int, flip: int) -> None:
    forged = bytearray(RSA_LIST)
    forged[place] ^= flip
    try:
        root = _verify(bytes(forged))
    except BadWhiteList:
        return
    assert etree.tostring(root, method="c14n") == etree.tostring(_verify(RSA_LIST), method="c14n")


def test_cutting_leaves_the_text_behind_in_place() -> None:
    root = etree.fromstring("<a>1<b/>2<c/>3</a>")
    cut_out(root[0])
    assert etree.tostring(root) == b"<a>12<c/>3</a>"
    cut_out(root[0])
    assert etree.tostring(root) == b"<a>123</a>"
    with pytest.raises(ValueError, match="root"):
        cut_out(root)
