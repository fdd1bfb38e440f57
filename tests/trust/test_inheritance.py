"""DSA keys without parameters of their own: their certificates are made here, for no library writes them."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.core.verdict import Outcome
from mssmail.settings import RevocationMode
from mssmail.trust import der
from mssmail.trust.certificate import split_certificates
from mssmail.trust.inheritance import complete_key, find_inheriting_key, is_inherited_from, mask_inheriting_key
from mssmail.trust.link import load_link
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.odd_certificates import authority, make_root, name
from tests.support.pki import NOW

POLICY = SignaturePolicy(revocation=RevocationMode.OFF, allow_dsa=True)
ID_DSA = der.encode_oid("1.2.840.10040.4.1")


@cache
def _parameters(number: int) -> dsa.DSAParameters:
    return dsa.generate_parameters(1024)


@dataclass(frozen=True)
class Dsa:
    """A certificate of a DSA key and the key."""

    der: bytes
    key: dsa.DSAPrivateKey
    name: str

    def issue(self, subject: str, *, key: dsa.DSAPrivateKey | None = None, inherits: bool = False) -> "Dsa":
        """A CA certificate below this one."""
        return _certify(subject, key or _parameters(1).generate_private_key(), self, inherits=inherits)


def _certify(subject: str, key: dsa.DSAPrivateKey, issuer: Dsa | None, *, inherits: bool) -> Dsa:
    signer = key if issuer is None else issuer.key
    above = name(subject if issuer is None else issuer.name)
    builder = x509.CertificateBuilder(above, name(subject), key.public_key(), 5, NOW, NOW + timedelta(days=9))
    for extension, critical in authority():
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(signer, hashes.SHA256())
    whole = signed.public_bytes(Encoding.DER)
    return Dsa(_strip_parameters(signed.tbs_certificate_bytes, whole, signer) if inherits else whole, key, subject)


def _strip_parameters(signed: bytes, whole: bytes, signer: dsa.DSAPrivateKey) -> bytes:
    start, end = der.expect_tlv(signed, 0, len(signed), der.SEQUENCE)
    fields = [signed[at:stop] for _, at, _, stop in der.split_elements(signed, start, end, 16)]
    key = fields[6]
    inner, stop = der.expect_tlv(key, 0, len(key), der.SEQUENCE)
    (_, _, _, after), (_, bits, _, _) = der.split_elements(key, inner, stop, 2)
    assert after == bits
    fields[6] = der.encode_tlv(der.SEQUENCE, der.encode_tlv(der.SEQUENCE, ID_DSA), key[bits:stop])
    stripped = der.encode_tlv(der.SEQUENCE, *fields)
    algorithm = fields[2]
    assert algorithm in whole
    value = der.encode_tlv(der.BIT_STRING, b"\0", signer.sign(stripped, hashes.SHA256()))
    return der.encode_tlv(der.SEQUENCE, stripped, algorithm, value)


@pytest.fixture(scope="module")
def root() -> Dsa:
    return _certify("Root", _parameters(1).generate_private_key(), None, inherits=False)


def _judge(root: Dsa, leaf: Dsa, *between: Dsa) -> PathResult:
    store = build_trust_store(TrustSnapshot(1, (root.der,), tuple(ca.der for ca in between), policy=POLICY))
    assert not store.faults
    return verify_path(leaf.der, (), store, Purpose.ANY, NOW)


def test_a_key_takes_its_parameters_from_its_issuer(root: Dsa) -> None:
    above = root.issue("CA", inherits=True)
    leaf = above.issue("leaf")
    result = _judge(root, leaf, above)
    assert result.is_trusted, result.reason
    assert result.path == (leaf.der, above.der, root.der)


def test_through_several_certificates_and_to_the_leaf(root: Dsa) -> None:
    above = root.issue("CA", inherits=True)
    below = above.issue("Sub", inherits=True)
    leaf = below.issue("leaf", inherits=True)
    result = _judge(root, leaf, above, below)
    assert result.is_trusted, result.reason
    assert result.key == leaf.key.public_key()


def test_parameters_of_another_issuer_make_another_key(root: Dsa) -> None:
    """Two CAs of one name: the key is valid only with the parameters of the one that signed it."""
    above = root.issue("CA", inherits=True)
    leaf = above.issue("leaf")
    other = _certify("Root", _parameters(2).generate_private_key(), None, inherits=False)
    assert not _judge(other, leaf, above).is_trusted
    store = build_trust_store(TrustSnapshot(1, (other.der, root.der), (above.der,), policy=POLICY))
    assert verify_path(leaf.der, (), store, Purpose.ANY, NOW).path[-1] == root.der


def test_whose_issuers_all_inherit_there_is_no_key() -> None:
    """A ring of two CAs that inherit from each other ends."""
    one, two = (_certify(each, _parameters(1).generate_private_key(), None, inherits=False) for each in ("One", "Two"))
    ring = [two.issue("One", key=one.key, inherits=True), one.issue("Two", key=two.key, inherits=True)]
    leaf = one.issue("leaf")
    elsewhere = _certify("Elsewhere", one.key, None, inherits=False)
    assert not _judge(elsewhere, leaf, *ring).is_trusted


def test_an_altered_certificate_of_such_a_key_does_not_hold(root: Dsa) -> None:
    leaf = root.issue("leaf", inherits=True)
    place = find_inheriting_key(leaf.der)
    assert place is not None
    for at in (place[0] - 4, place[1] - 1, len(leaf.der) - 1):
        altered = bytearray(leaf.der)
        altered[at] ^= 1
        result = _judge(root, Dsa(bytes(altered), leaf.key, "leaf"))
        assert result.chain.outcome is Outcome.FAILED


def test_a_key_that_has_parameters_or_is_no_dsa_key_inherits_none(root: Dsa) -> None:
    for certificate in (root.der, make_root().der, b"", b"\x30\x03\x30\x01\x05", b"junk"):
        assert find_inheriting_key(certificate) is None
        assert mask_inheriting_key(certificate) is certificate
        assert complete_key(certificate, root.key.public_key()) is None


def test_only_a_dsa_key_gives_parameters(root: Dsa) -> None:
    leaf = root.issue("leaf", inherits=True)
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    assert complete_key(leaf.der, edwards) is None
    assert complete_key(leaf.der, None) is None
    assert complete_key(leaf.der, root.key.public_key()) == leaf.key.public_key()
    assert not is_inherited_from(leaf.key.public_key(), edwards)
    assert not is_inherited_from(leaf.key.public_key(), _parameters(2).generate_private_key().public_key())


def test_a_key_of_no_meaning_is_none(root: Dsa) -> None:
    leaf = root.issue("leaf", inherits=True).der
    place = find_inheriting_key(leaf)
    assert place is not None
    cut = leaf[: place[0] + 11] + b"\x05\x00" + leaf[place[0] + 13 :]
    assert complete_key(cut, root.key.public_key()) is None


def test_such_a_certificate_is_kept_as_it_came(root: Dsa) -> None:
    leaf = root.issue("leaf", inherits=True).der
    link = load_link(leaf)
    assert (link.der, link.public_key, link.inherits_parameters) == (leaf, None, True)
    assert split_certificates(leaf) == [leaf]
