"""Anchors and intermediates as the disk holds them, and what HTTPS believes."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.errors import BadCertificate
from mssmail.flows.authorities import Authorities
from mssmail.settings import Trust
from tests.support.pki import build_foreign_pki, build_pki

PKI, OTHER = build_pki(), build_foreign_pki()


@pytest.fixture
def settings(tmp_path: Path) -> Trust:
    (tmp_path / "intermediates").mkdir()
    PKI.issuing.credential.write(tmp_path / "intermediates", "issuing")
    return Trust(anchors=PKI.write_anchors(tmp_path / "anchors"), intermediates=tmp_path / "intermediates")


async def test_they_are_read_and_listed(settings: Trust) -> None:
    authorities = Authorities(settings)
    await authorities.load()
    assert (authorities.anchors, authorities.intermediates) == (PKI.anchors, PKI.intermediates)
    assert [each.public_bytes(Encoding.DER) for each in authorities.list_certificates()] == [
        *PKI.anchors,
        *PKI.intermediates,
    ]
    alone = Authorities(replace(settings, intermediates=None))
    await alone.load()
    assert (alone.anchors, alone.intermediates) == (PKI.anchors, ())


async def test_nobody_to_believe_is_no_start(settings: Trust) -> None:
    (settings.anchors / "root.crt").unlink()
    with pytest.raises(BadCertificate, match="holds no certificate"):
        await Authorities(settings).load()


async def test_a_change_is_noticed_once_and_what_is_broken_leaves_the_old_ones(
    settings: Trust, caplog: pytest.LogCaptureFixture
) -> None:
    authorities = Authorities(settings)
    await authorities.load()
    assert not await authorities.has_changed()
    (settings.anchors / "other.crt").write_bytes(b"no certificate")
    assert await authorities.has_changed()
    assert not await authorities.has_changed()
    for _ in range(2):
        await authorities.reload()
    assert "other.crt" in authorities.fault
    assert authorities.anchors == PKI.anchors
    assert len(caplog.records) == 1
    (settings.anchors / "other.crt").write_bytes(OTHER.root.credential.certificate_pem)
    await authorities.reload()
    assert authorities.fault == ""
    assert set(authorities.anchors) == {*PKI.anchors, *OTHER.anchors}


@pytest.mark.parametrize(
    ("bundle", "believed"), [(None, PKI), (b"", PKI), (OTHER.root.credential.certificate_pem, OTHER)]
)
async def test_https_believes_the_bundle_or_the_anchors_and_nobody_else(
    settings: Trust, tmp_path: Path, bundle: bytes | None, believed: object
) -> None:
    if bundle is not None:
        (tmp_path / "ca.pem").write_bytes(bundle)
        settings = replace(settings, white_list_ca=tmp_path / "ca.pem")
    authorities = Authorities(settings)
    await authorities.load()
    context = authorities.build_context()
    assert tuple(context.get_ca_certs(binary_form=True)) == believed.anchors  # type: ignore[attr-defined]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert ("ca.pem" in authorities.fault) == (bundle == b"")
