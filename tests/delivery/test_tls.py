import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from mssmail.delivery.tls import ClientContexts, build_client_context
from mssmail.errors import BadCertificate
from mssmail.trust.snapshot import TrustSnapshot
from tests.support.pki import build_pki

PKI = build_pki()
OURS = PKI.make_operator("mx.ours.test")


def test_wants_a_chain_and_modern_tls_and_asks_no_host_name(tmp_path: Path) -> None:
    context = build_client_context(*OURS.write(tmp_path, "ours"), PKI.anchors, PKI.intermediates)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert all("GCM" in suite["name"] or "CHACHA20" in suite["name"] for suite in context.get_ciphers())
    assert len(context.get_ca_certs()) == 2


@pytest.mark.parametrize("broken", ["certificate", "key", "other key", "anchor", "missing"])
def test_material_that_cannot_be_used_is_a_fault(tmp_path: Path, broken: str) -> None:
    certificate, key = OURS.write(tmp_path, "ours")
    anchors = PKI.anchors
    match broken:
        case "certificate":
            certificate.write_bytes(b"no certificate")
        case "key":
            key.write_bytes(b"no key")
        case "other key":
            key = PKI.make_operator("mx.other.test").write(tmp_path, "other")[1]
        case "anchor":
            anchors = (b"\x30\x03\x02\x01\x00",)
        case "missing":
            certificate = tmp_path / "nowhere"
    with pytest.raises(BadCertificate):
        build_client_context(certificate, key, anchors)


def test_an_encrypted_key_is_a_fault_and_no_question_on_the_terminal(tmp_path: Path) -> None:
    certificate, key = OURS.write(tmp_path, "ours")
    secret = BestAvailableEncryption(b"secret")
    key.write_bytes(OURS.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    with pytest.raises(BadCertificate, match="encrypted"):
        build_client_context(certificate, key, PKI.anchors)


def test_an_anchor_that_is_not_self_signed_ends_a_path_too(tmp_path: Path) -> None:
    context = build_client_context(*OURS.write(tmp_path, "ours"), PKI.intermediates, PKI.anchors)
    assert context.verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN
    assert len(context.get_ca_certs()) == 1


def test_a_renewed_certificate_counts_from_the_next_delivery_on(tmp_path: Path) -> None:
    certificate, key = OURS.write(tmp_path, "ours")
    contexts = ClientContexts(certificate, key)
    snapshot = TrustSnapshot(1, PKI.anchors)
    first = contexts.find_context(snapshot)
    assert contexts.find_context(snapshot) is first
    PKI.make_operator("mx.renewed.test").write(tmp_path, "ours")
    second = contexts.find_context(snapshot)
    assert second is not first
    assert contexts.find_context(TrustSnapshot(2, PKI.anchors, PKI.intermediates)) is not second


def test_a_renewal_that_cannot_be_used_leaves_the_old_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = OURS.write(tmp_path, "ours")
    contexts = ClientContexts(certificate, key)
    snapshot = TrustSnapshot(1, PKI.anchors)
    first = contexts.find_context(snapshot)
    key.unlink()
    assert contexts.find_context(snapshot) is first
    assert contexts.find_context(snapshot) is first
    assert len(caplog.records) == 1
    with pytest.raises(BadCertificate):
        ClientContexts(certificate, key).find_context(snapshot)
