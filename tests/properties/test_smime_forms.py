"""One bit changed in each form a signature comes in: opaque, BER, nested, PSS, no signed attributes, a key identifier.

A changed message is Trusted only when all that the signature covers came out of it as before, and never by another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import SubjectKeyIdentifier
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.verdict import Trusted, Verdict
from mssmail.errors import BadSyntax
from mssmail.lab.pki import KeyKind
from mssmail.smime.sign import SigningKey, encode_signature
from mssmail.smime.signed_data import parse_signed_data
from mssmail.trust import der
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from tests.support.budget import examples
from tests.support.cms import DATA, Change, put_content, rebuild, wrap_detached, wrap_opaque, write_indefinite
from tests.support.pki import NOW, build_pki
from tests.support.signed_mail import ALICE, OFF, judge, name, signing_key

ENTITY = b"Content-Type: text/plain\r\n\r\nThe potassium is 7.1 mmol/l.\r\n"
Wrap = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Form:
    """A CMS message, how it stands in a message, and what of it is covered."""

    cms: bytes
    wrap: Wrap

    @property
    def covered(self) -> tuple[object, ...]:
        return _read_covered(self.cms)


def _read_covered(cms: bytes) -> tuple[object, ...]:
    """Content, attributes, value and certificates, as decoded; what covers the signer's name is the certificate."""
    signed = parse_signed_data(cms)
    signers = tuple((signer.attributes, signer.signature) for signer in signed.signers)
    return signed.content, signers, frozenset(signed.certificates)


def _detached(cms: bytes, entity: bytes = ENTITY) -> Form:
    return Form(cms, lambda changed: wrap_detached(entity, changed))


def _sign(kind: KeyKind = KeyKind.P256, *, entity: bytes = ENTITY, pss: bool = False) -> bytes:
    return encode_signature(entity, _key(kind), NOW, pss=pss)


def _key(kind: KeyKind = KeyKind.P256) -> SigningKey:
    return signing_key(build_pki().make_person(ALICE, kind))


def _change_signer(change: Change) -> Change:
    def apply(elements: list[bytes]) -> None:
        at, end = der.expect_tlv(elements[-1], 0, len(elements[-1]), der.SET)
        at, end = der.expect_tlv(elements[-1], at, end, der.SEQUENCE)
        fields = [elements[-1][a:b] for _, a, _, b in der.split_elements(elements[-1], at, end, 8)]
        change(fields)
        elements[-1] = der.encode_set(der.encode_tlv(der.SEQUENCE, *fields))

    return apply


def _sign_directly(fields: list[bytes]) -> None:
    """No signed attributes: the value is over the content itself (RFC 5652 §5.4)."""
    key = _key().key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    del fields[3]
    fields[-1] = der.encode_tlv(der.OCTET_STRING, key.sign(ENTITY, ec.ECDSA(hashes.SHA256())))


def _name_by_key(fields: list[bytes]) -> None:
    digest = SubjectKeyIdentifier.from_public_key(_key().key.public_key()).digest
    fields[0], fields[1] = der.encode_integer(3), der.encode_tlv(der.PRIMITIVE_0, digest)


@cache
def _form(label: str) -> Form:
    opaque = rebuild(_sign(), put_content(ENTITY))
    inner = wrap_detached(ENTITY, _sign(), b"", "i")
    forms: dict[str, Callable[[], Form]] = {
        "opaque": lambda: Form(opaque, wrap_opaque),
        "opaque Ed25519": lambda: Form(rebuild(_sign(KeyKind.ED25519), put_content(ENTITY)), wrap_opaque),
        "BER": lambda: Form(write_indefinite(opaque), wrap_opaque),
        "BER detached": lambda: _detached(write_indefinite(_sign())),
        "PSS": lambda: _detached(_sign(KeyKind.RSA_2048, pss=True)),
        "P-384": lambda: _detached(_sign(KeyKind.P384)),
        "nested": lambda: _detached(_sign(entity=inner), inner),
        "direct": lambda: _detached(rebuild(_sign(), _change_signer(_sign_directly))),
        "key identifier": lambda: _detached(rebuild(_sign(), _change_signer(_name_by_key))),
    }
    return forms[label]()


FORMS = ["opaque", "opaque Ed25519", "BER", "BER detached", "PSS", "P-384", "nested", "direct", "key identifier"]


@cache
def _store() -> TrustStore:
    return build_trust_store(TrustSnapshot(1, build_pki().anchors, policy=OFF))


@cache
def _verdict(label: str) -> Verdict:
    form = _form(label)
    return judge(form.wrap(form.cms), _store())


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def _assert_harmless(label: str, changed: bytes) -> None:
    form, after = _form(label), judge(_form(label).wrap(changed), _store())
    if isinstance(after.summary, Trusted):
        assert _read_covered(changed) == form.covered
        assert after.signer == _verdict(label).signer


@pytest.mark.parametrize("label", FORMS)
def test_every_form_is_trusted_as_it_is(label: str) -> None:
    assert name(_verdict(label)) == "Trusted"
    assert DATA in _form(label).cms


@pytest.mark.parametrize("label", FORMS)
@examples(150)
@given(data=st.data())
def test_no_covered_bit_can_change(label: str, data: st.DataObject) -> None:
    form = _form(label)
    _assert_harmless(label, _flip(form.cms, data.draw(st.integers(0, len(form.cms) * 8 - 1))))


@pytest.mark.parametrize("label", FORMS)
@examples(60)
@given(data=st.data())
def test_nor_can_several(label: str, data: st.DataObject) -> None:
    changed = _form(label).cms
    for _ in range(data.draw(st.integers(2, 4))):
        changed = _flip(changed, data.draw(st.integers(0, len(changed) * 8 - 1)))
    _assert_harmless(label, changed)


@pytest.mark.parametrize("label", FORMS)
@examples(60)
@given(data=st.data())
def test_nor_can_an_octet_come_or_go(label: str, data: st.DataObject) -> None:
    cms = _form(label).cms
    at = data.draw(st.integers(0, len(cms) - 1))
    for changed in (cms[:at] + cms[at + 1 :], cms[:at] + data.draw(st.binary(min_size=1, max_size=1)) + cms[at:]):
        try:
            _read_covered(changed)
        except BadSyntax:
            assert name(judge(_form(label).wrap(changed), _store())) != "Trusted"
        else:
            _assert_harmless(label, changed)


@pytest.mark.parametrize("label", ["PSS", "P-384", "nested", "direct", "key identifier", "BER detached"])
def test_no_bit_of_detached_content_can_change(label: str) -> None:
    form = _form(label)
    message = form.wrap(form.cms)
    what = b"7.1 mmol/l.\r\n" if label != "nested" else b"--i\r\nContent-Type"
    start = message.index(what)
    for bit in range(start * 8, (start + len(what)) * 8):
        assert name(judge(_flip(message, bit), _store())) != "Trusted", bit


@pytest.mark.parametrize("label", FORMS)
@examples(80)
@given(data=st.data())
def test_no_bit_of_the_whole_message_makes_another_signer(label: str, data: st.DataObject) -> None:
    form = _form(label)
    message = form.wrap(form.cms)
    after = judge(_flip(message, data.draw(st.integers(0, len(message) * 8 - 1))), _store())
    if isinstance(after.summary, Trusted):
        assert after.signer == _verdict(label).signer
