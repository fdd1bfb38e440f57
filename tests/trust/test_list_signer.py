"""Tests of who may sign: chain, dates, revocation, usage, and the rule."""

from datetime import timedelta

import pytest

from mssmail.errors import BadWhiteList
from mssmail.lab.pki import Credential, KeyKind
from mssmail.settings import RevocationMode
from mssmail.trust.certificate import load_certificate
from mssmail.trust.list_signer import (
    find_signer_certificate,
    parse_signer_rule,
    recheck_list_signer,
    verify_list_signer,
)
from mssmail.trust.snapshot import TrustStore
from tests.support.lists import RULE, issue_signer, make_list, make_signer, make_store
from tests.support.pki import NOW, Pki, build_foreign_pki, build_pki

STORE = make_store()


def _verify(signer: Credential, rule: str = RULE) -> str:
    return verify_list_signer((signer.certificate_der,), STORE, parse_signer_rule(rule), NOW)


@pytest.mark.parametrize(
    "rule",
    [
        "mail=alb@mssante.test",
        " MAIL= Alb@MSSante.test ",
        "CN=alb.mssante.test",
        "cn = ALB.mssante.test",
        "CN=alb.mssante.test,OU=318751275100000,O=Agence",
        "O=AGENCE",
    ],
)
def test_believes_a_signer_who_meets_the_rule(rule: str) -> None:
    assert _verify(make_signer(), rule) == "CN=alb.mssante.test,OU=318751275100000,O=AGENCE,C=FR"


@pytest.mark.parametrize(
    "rule",
    [
        "mail=other@mssante.test",
        "mail=alb@mssante.test.evil.test",
        "CN=mssante.test",
        "CN=alb.mssante.test,O=OTHER",
        "O=alb.mssante.test",
    ],
)
def test_refuses_a_member_of_the_right_ca_who_is_not_the_signer(rule: str) -> None:
    with pytest.raises(BadWhiteList, match="not the one the signer rule asks for"):
        _verify(make_signer(), rule)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("", "no rule says who signs"),
        ("  ", "no rule says who signs"),
        ("mail=alb", "is no address"),
        ("alb.mssante.test", "cannot be read"),
        ("XX=alb", "cannot be read"),
    ],
)
def test_a_rule_is_required_and_must_mean_something(rule: str, reason: str) -> None:
    with pytest.raises(BadWhiteList, match=reason):
        parse_signer_rule(rule)


def test_without_a_rule_any_signer_under_the_anchors_passes_when_the_caller_says_so() -> None:
    assert verify_list_signer((make_signer().certificate_der,), STORE, None, NOW)


def test_refuses_a_signer_of_a_foreign_ca() -> None:
    foreign = issue_signer(build_foreign_pki().issuing)
    with pytest.raises(BadWhiteList, match="is not believed: the signature on") as caught:
        _verify(foreign)
    assert caught.value.facts["temporary"] is False


def test_refuses_an_expired_signer() -> None:
    with pytest.raises(BadWhiteList, match="expired"):
        _verify(issue_signer(build_pki().issuing, valid=timedelta(days=-10)))


def test_refuses_a_revoked_signer() -> None:
    pki = Pki()
    signer = issue_signer(pki.issuing)
    store = make_store(pki, pki.make_crls(signer))
    with pytest.raises(BadWhiteList, match="revoked"):
        verify_list_signer((signer.certificate_der,), store, parse_signer_rule(RULE), NOW)


def test_refuses_a_signer_with_a_small_key() -> None:
    with pytest.raises(BadWhiteList, match="1024"):
        _verify(issue_signer(build_pki().issuing, KeyKind.RSA_1024))


def test_says_which_crl_is_missing_when_only_that_is_in_doubt() -> None:
    with pytest.raises(BadWhiteList, match="no usable CRL") as caught:
        verify_list_signer((make_signer().certificate_der,), make_store(crls=()), parse_signer_rule(RULE), NOW)
    assert caught.value.facts["temporary"] is True
    assert "Test Issuing" in str(caught.value.facts["missing"])


@pytest.mark.parametrize("mode", [RevocationMode.SOFT, RevocationMode.OFF])
def test_soft_revocation_lets_a_signer_pass_unchecked(mode: RevocationMode) -> None:
    store = make_store(crls=(), revocation=mode)
    assert verify_list_signer((make_signer().certificate_der,), store, parse_signer_rule(RULE), NOW)


def _recheck(signer: Credential, store: TrustStore = STORE, *, days: int = 0) -> str:
    now = NOW + timedelta(days=days)
    return recheck_list_signer((signer.certificate_der,), store, parse_signer_rule(RULE), accepted_at=NOW, now=now)


def test_a_list_accepted_once_outlives_its_signers_certificate_and_its_crls() -> None:
    short = issue_signer(build_pki().issuing, valid=timedelta(days=3))
    assert _recheck(short, days=30)
    assert _recheck(make_signer(), make_store(crls=()), days=30)


def test_a_list_accepted_once_does_not_outlive_its_signers_revocation() -> None:
    pki = Pki()
    signer = issue_signer(pki.issuing)
    assert _recheck(signer, make_store(pki))
    with pytest.raises(BadWhiteList, match=r"not believed any more.*revoked"):
        _recheck(signer, make_store(pki, pki.make_crls(signer)), days=1)


def test_a_list_accepted_once_does_not_outlive_its_anchor() -> None:
    with pytest.raises(BadWhiteList, match="not believed any more: the signature on"):
        _recheck(make_signer(), make_store(build_foreign_pki()))


def test_the_certificate_a_list_carries_can_be_shown() -> None:
    raw = make_list()
    found = find_signer_certificate(raw)
    assert found is not None
    assert load_certificate(found).subject.rfc4514_string().startswith("CN=alb.mssante.test")
    assert find_signer_certificate(b"<x/>") is None
    assert find_signer_certificate(b"<X509Certificate>x</X509Certificate>") is None
    assert find_signer_certificate(raw + b" " * 100_000) == found
