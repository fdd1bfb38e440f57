"""What the reading worker finds in a message."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from mssmail.core.findings import Mark
from mssmail.workers.reader import ReadingSnapshot, build_read, open_layer
from tests.support.health import CRITICAL, make_cda, make_message, make_xdm
from tests.support.pki import Pki

_MESSAGE = make_message(("application/zip", "IHE_XDM.zip", make_xdm(make_cda(CRITICAL))), fields="X-MSS-NIL: D1\r\n")
_NOW = datetime(2026, 6, 1, tzinfo=UTC)


def make_opaque(data: bytes) -> bytes:
    """The same message as application/pkcs7-mime, its content inside the CMS message."""
    person = Pki().make_person("a@a.test")
    header, _, body = data.partition(b"Content-Type: multipart/mixed")
    key = person.key
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"Content-Type: multipart/mixed" + body)
    cms = builder.add_signer(person.certificate, key, hashes.SHA256()).sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]
    )
    fields = (
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return header + fields + base64.encodebytes(cms).replace(b"\n", b"\r\n")


def test_reads_the_documents_of_a_message() -> None:
    found = build_read(ReadingSnapshot(frozenset(), test_space=True), "")(_MESSAGE, _NOW, False)
    assert (found.findings.mark, found.findings.documents[0].ins_is_qualified) == (Mark.CRITICAL, True)
    found = build_read(ReadingSnapshot(frozenset(), test_space=False), "")(_MESSAGE, _NOW, False)
    assert not found.findings.documents[0].ins_is_qualified


def test_looks_behind_an_opaque_signature() -> None:
    opaque = make_opaque(_MESSAGE)
    found = build_read(ReadingSnapshot(frozenset(), test_space=True), "")(opaque, _NOW, False)
    assert (found.findings.mark, found.findings.declared.nil) == (Mark.CRITICAL, "D1")


def test_other_messages_are_read_as_they_are() -> None:
    assert open_layer(_MESSAGE) is _MESSAGE
    broken = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nnonsense\r\n"
    assert open_layer(broken) == broken


def test_wants_its_own_snapshot() -> None:
    with pytest.raises(TypeError, match="no reading snapshot"):
        build_read("x", "")
