"""The examples of RFC 4134: DSA and SHA-1 of 1999, read and verified where a policy of those years allows them."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import pytest

from mssmail.core.verdict import Untrusted
from mssmail.examine import MessageReport, build_report
from mssmail.settings import RevocationMode, SmimeMode
from mssmail.trust.path import verify_path
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.shared import shared_file

AT = datetime(2000, 1, 1, tzinfo=UTC)


def _read(name: str) -> bytes:
    return shared_file("data", "mail", "rfc4134", name).read_bytes()


@cache
def _store(revocation: RevocationMode = RevocationMode.OFF, crls: Sequence[str] = ()) -> TrustStore:
    policy = SignaturePolicy(512, allow_sha1=True, allow_dsa=True, author_rule=False, revocation=revocation)
    anchors = (_read("CarlDSSSelf.cer"), _read("CarlRSASelf.cer"))
    known = tuple(
        map(_read, ("AliceDSSSignByCarlNoInherit.cer", "DianeDSSSignByCarlInherit.cer", "DianeRSASignByCarl.cer"))
    )
    store = build_trust_store(TrustSnapshot(1, anchors, known, tuple(map(_read, crls)), policy))
    assert not store.faults
    return store


def _judge(name: str, store: TrustStore) -> MessageReport:
    data = _read(name)
    if name.endswith(".bin"):
        head = b"From: a@a.test\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        data = head + base64.encodebytes(data)
    return build_report(data, store, AT, mode=SmimeMode.REQUIRE)


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("4.1.bin", "Trusted"),  # without signed attributes
        ("4.2.bin", "Trusted"),
        ("4.3.bin", "Altered"),  # detached, and nothing beside it
        ("4.4.bin", "Trusted"),  # attributes of every kind, a countersignature, lists
        ("4.5.bin", "Trusted"),
        ("4.6.bin", "Trusted"),  # two signers, one with a key that inherits its parameters
        ("4.7.bin", "Trusted"),  # named by key identifier
        ("4.8.eml", "Trusted"),
        ("4.9.eml", "Trusted"),
        ("4.10.bin", "Trusted"),
        ("4.11.bin", "Unsigned"),  # certificates only
        ("3.1.bin", "Unsigned"),
        ("5.1.bin", "Encrypted"),
        ("5.3.eml", "Encrypted"),
        ("7.1.bin", "Encrypted"),
    ],
)
def test_the_examples(name: str, summary: str) -> None:
    report = _judge(name, _store())
    assert type(report.verdict.summary).__name__ == summary, report.encode()


def test_today_nobody_believes_them() -> None:
    store = build_trust_store(TrustSnapshot(1, (_read("CarlDSSSelf.cer"),), policy=SignaturePolicy()))
    assert isinstance(_judge("4.8.eml", store).verdict.summary, Untrusted)


def test_a_list_without_next_update_convicts_and_acquits_nobody() -> None:
    revoking = _store(RevocationMode.HARD, ("CarlDSSCRLForAll.crl", "CarlRSACRLForAll.crl"))
    assert "is revoked" in str(_judge("4.8.eml", revoking).verdict.facts.revocation.reason)
    empty = _store(RevocationMode.HARD, ("CarlDSSCRLEmpty.crl", "CarlRSACRLEmpty.crl"))
    report = _judge("4.8.eml", empty)
    assert (report.answer, report.verdict.facts.revocation.reason) == (
        "defer",
        "the CRL of CN=CarlDSS names no next update",
    )


def test_a_certificate_that_inherits_the_parameters_of_its_key() -> None:
    assert verify_path(_read("DianeDSSSignByCarlInherit.cer"), (), _store(), Purpose.ANY, AT).is_trusted
