"""Tests of the CRLs we hold: what is taken, what is not, and that an old list frees nobody."""

import logging
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.errors import BadRevocationList
from mssmail.flows.last_good import LastGood
from mssmail.flows.revocation_lists import RevocationLists, read_crl
from mssmail.lab.pki import Authority
from tests.support.pki import NOW, Pki, build_foreign_pki
from tests.support.publisher import Publisher, make_https_root, publish

ANY = ssl.create_default_context(cadata=make_https_root().credential.certificate_der)
HOUR = timedelta(hours=1)


@pytest.fixture
def http() -> Iterator[Publisher]:
    with publish() as publisher:
        yield publisher


@pytest.fixture
def pki() -> Pki:
    return Pki()


@pytest.fixture
def disk(tmp_path: Path) -> LastGood:
    return LastGood(tmp_path)


def _authorities(pki: Pki) -> list[x509.Certificate]:
    return [pki.root.certificate, pki.issuing.certificate]


async def test_takes_the_list_of_each_authority(http: Publisher, pki: Pki, disk: LastGood) -> None:
    issuing, root = pki.make_crls()
    crls = RevocationLists([http.put("/issuing", issuing), http.put("/root", root)], disk)
    news = await crls.refresh(_authorities(pki), ANY, NOW)
    assert {kept.issuer for kept in news} == {
        "CN=Test Issuing,O=LAB TRUST SPACE,C=FR",
        "CN=Test Root,O=LAB TRUST SPACE,C=FR",
    }
    assert set(crls.raws) == {issuing, root}
    assert crls.faults == {}


async def test_the_same_list_again_is_no_news(http: Publisher, pki: Pki, disk: LastGood) -> None:
    url = http.put("/issuing", pki.issuing.build_crl(NOW), ETag='"1"')
    crls = RevocationLists([url], disk)
    assert len(await crls.refresh(_authorities(pki), ANY, NOW)) == 1
    assert await crls.refresh(_authorities(pki), ANY, NOW) == []
    assert http.requests[1][1]["If-None-Match"] == '"1"'
    http.put("/issuing", crls.raws[0])
    assert await crls.refresh(_authorities(pki), ANY, NOW) == []


async def test_an_old_list_served_again_frees_nobody(http: Publisher, pki: Pki, disk: LastGood) -> None:
    old = pki.issuing.build_crl(NOW - HOUR)
    pki.issuing.revoke(pki.make_person("a@ch-a.test").certificate, NOW)
    new = pki.issuing.build_crl(NOW)
    crls = RevocationLists([http.put("/issuing", new)], disk)
    await crls.refresh(_authorities(pki), ANY, NOW)
    http.put("/issuing", old)
    assert await crls.refresh(_authorities(pki), ANY, NOW) == []
    assert crls.raws == (new,)
    assert disk.load_crls() == [new]


async def test_one_bad_address_stops_no_other(
    http: Publisher, pki: Pki, disk: LastGood, caplog: pytest.LogCaptureFixture
) -> None:
    bad = http.put("/bad", b"no list")
    gone = http.url + "/gone"
    good = http.put("/issuing", pki.issuing.build_crl(NOW))
    crls = RevocationLists([bad, gone, good], disk)
    with caplog.at_level(logging.WARNING):
        await crls.refresh(_authorities(pki), ANY, NOW)
        await crls.refresh(_authorities(pki), ANY, NOW)
    assert len(crls.kept) == 1
    assert "not a readable CRL" in crls.faults[bad]
    assert "answered 404" in crls.faults[gone]
    assert len(caplog.messages) == 2  # each fault is told once, not every hour
    http.put("/bad", pki.root.build_crl(NOW))
    http.put("/gone", pki.root.build_crl(NOW))
    await crls.refresh(_authorities(pki), ANY, NOW)
    assert crls.faults == {}


async def test_a_restart_begins_with_the_last_lists(http: Publisher, pki: Pki, disk: LastGood) -> None:
    issuing, root = pki.make_crls()
    crls = RevocationLists([http.put("/issuing", issuing), http.put("/root", root)], disk)
    await crls.refresh(_authorities(pki), ANY, NOW)
    again = RevocationLists([], disk)
    again.load(_authorities(pki), NOW + timedelta(days=30))  # ended, but it still tells who was revoked
    assert set(again.raws) == {issuing, root}


def test_a_kept_list_is_verified_again(pki: Pki, disk: LastGood, caplog: pytest.LogCaptureFixture) -> None:
    disk.keep_crl("0" * 64, build_foreign_pki().issuing.build_crl(NOW))
    crls = RevocationLists([], disk)
    crls.load(_authorities(pki), NOW)
    assert crls.raws == ()
    assert "not signed by" in caplog.text


async def test_a_list_is_used_even_when_the_disk_cannot_keep_it(
    http: Publisher, pki: Pki, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "trust").write_bytes(b"")
    crls = RevocationLists([http.put("/issuing", pki.issuing.build_crl(NOW))], LastGood(tmp_path / "trust"))
    assert len(await crls.refresh(_authorities(pki), ANY, NOW)) == 1
    assert "in use but not on disk" in caplog.text


def _build(authority: Authority, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + HOUR)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    from cryptography.hazmat.primitives import hashes

    return builder.sign(authority.credential.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _scope(*, users: bool) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=not users,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


async def test_lists_of_different_scope_stand_side_by_side(http: Publisher, pki: Pki, disk: LastGood) -> None:
    users = http.put("/users", _build(pki.issuing, (_scope(users=True), True)))
    authorities = http.put("/authorities", _build(pki.issuing, (_scope(users=False), True)))
    crls = RevocationLists([users, authorities], disk)
    assert len(await crls.refresh(_authorities(pki), ANY, NOW)) == 2
    assert len(disk.load_crls()) == 2


def test_says_why_a_list_is_not_taken(pki: Pki) -> None:
    known = _authorities(pki)
    with pytest.raises(BadRevocationList, match="starts only at"):
        read_crl(pki.issuing.build_crl(NOW + HOUR), known, NOW)
    with pytest.raises(BadRevocationList, match="no authority of ours"):
        read_crl(pki.issuing.build_crl(NOW), known[:1], NOW)
    with pytest.raises(BadRevocationList, match="not signed by"):
        read_crl(build_foreign_pki().issuing.build_crl(NOW), known, NOW)
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    with pytest.raises(BadRevocationList, match=r"1\.2\.3\.4"):
        read_crl(_build(pki.issuing, (odd, True)), known, NOW)


async def test_a_delta_list_stands_beside_the_complete_one(http: Publisher, pki: Pki, disk: LastGood) -> None:
    complete = http.put("/complete", pki.issuing.build_crl(NOW))
    delta = http.put("/delta", _build(pki.issuing, (x509.DeltaCRLIndicator(1), True)))
    crls = RevocationLists([complete, delta], disk)
    assert len(await crls.refresh(_authorities(pki), ANY, NOW)) == 2


def test_of_two_authorities_with_one_name_either_may_have_signed(pki: Pki) -> None:
    twins = [build_foreign_pki().issuing.certificate, pki.issuing.certificate]
    assert read_crl(pki.issuing.build_crl(NOW), twins, NOW).issuer.startswith("CN=Test Issuing")
