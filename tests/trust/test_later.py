"""Who of those believed before stands on a list now."""

from datetime import timedelta

import pytest
from cryptography import x509

from mssmail.trust.crl import load_crl
from mssmail.trust.later import find_revoked, identify_issuer, identify_name
from mssmail.trust.ocsp_request import build_request, read_response
from tests.support.odd_certificates import Critical, make_root, name, point
from tests.support.pki import NOW
from tests.trust.test_ocsp_request import LEAF, MISSING, NONCE, make_responder

ROOT = make_root("Later Root")
KEY = identify_name(ROOT.certificate.subject)
OTHER = identify_name(name("Other CA"))
EARLIER = NOW - timedelta(days=3)
REASON: Critical = x509.CRLReason(x509.ReasonFlags.key_compromise), False
INVALID: Critical = x509.InvalidityDate(EARLIER.replace(tzinfo=None)), False
REMOVED: Critical = x509.CRLReason(x509.ReasonFlags.remove_from_crl), False


def test_a_signer_on_the_list_is_found_with_date_and_reason() -> None:
    crl = load_crl(ROOT.build_crl(7, 8, entry_extensions=(REASON,), start=NOW - timedelta(hours=1)))
    [found] = find_revoked(crl, {(KEY, 7), (KEY, 9), (OTHER, 8)})
    assert (found.issuer_key, found.serial, found.reason) == (KEY, 7, "keyCompromise")
    assert found.since == NOW - timedelta(hours=1)
    assert "the CRL of CN=Later Root" in found.source


def test_the_date_of_invalidity_counts_when_it_is_earlier() -> None:
    [found] = find_revoked(load_crl(ROOT.build_crl(7, entry_extensions=(INVALID,))), [(KEY, 7)])
    assert (found.since, found.reason) == (EARLIER, "")


def test_who_is_taken_off_the_list_is_not_found() -> None:
    assert not list(find_revoked(load_crl(ROOT.build_crl(7, entry_extensions=(REMOVED,))), [(KEY, 7)]))


def test_entries_of_an_indirect_list_belong_to_the_issuer_named_last() -> None:
    crl = load_crl(
        ROOT.build_mixed_crl((1, None), (2, name("Other CA")), (3, None), extensions=(point(indirect_crl=True),))
    )
    wanted = [(KEY, 1), (KEY, 2), (OTHER, 2), (OTHER, 3)]
    assert [(found.issuer_key, found.serial) for found in find_revoked(crl, wanted)] == [
        (KEY, 1),
        (OTHER, 2),
        (OTHER, 3),
    ]


@pytest.mark.parametrize(("revoked", "told"), [(True, True), (False, False)])
def test_an_answer_tells_of_a_revocation(revoked: bool, told: bool) -> None:
    responder = make_responder()
    if revoked:
        responder.revoked.add(LEAF.certificate.serial_number)
    kept = read_response(responder.answer(build_request(MISSING, NONCE)), MISSING, NONCE, NOW)
    assert (kept.revoked is not None) is told
    if kept.revoked is not None:
        assert kept.revoked.issuer_key == identify_name(LEAF.certificate.issuer)
        assert kept.revoked.since == NOW - timedelta(days=1)
        assert kept.revoked.reason == "keyCompromise"


def test_one_key_for_a_name_whatever_its_case_and_blanks() -> None:
    assert identify_issuer("CN=A  b,C=FR") == identify_issuer("cn=a B,c=fr")
    assert identify_issuer("CN=A") != identify_issuer("CN=B")
