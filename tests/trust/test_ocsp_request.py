"""Asking OCSP responders: the request, whom it may go to, which response is kept; RFC 6960."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from mssmail.core.missing import MissingStatus
from mssmail.errors import BadCertificate, BadRevocationList
from mssmail.trust.ocsp_request import build_key, build_request, find_addresses, read_response
from tests.support.odd_certificates import Critical, make_root
from tests.support.pki import NOW
from tests.support.responder import Responder

NONCE = bytes(range(32))
OCSP, ISSUERS = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS
ROOT = make_root("Asked Root")
LEAF, OTHER = ROOT.issue("asked"), ROOT.issue("other")
MISSING = MissingStatus("CN=Asked Root", LEAF.der, ROOT.der)
APPOINTED: Critical = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False


def make_responder() -> Responder:
    return Responder(ROOT, lambda: NOW, [LEAF.certificate])


def read(responder: Responder, nonce: bytes | None = NONCE, now: datetime = NOW) -> str:
    """``good``, ``revoked``, or why the response is of no use."""
    raw = responder.answer(build_request(MISSING, NONCE))
    try:
        return "revoked" if read_response(raw, MISSING, nonce, now).is_revoked else "good"
    except BadRevocationList as fault:
        return str(fault)


def test_the_request_names_the_certificate_and_carries_the_nonce() -> None:
    request = ocsp.load_der_ocsp_request(build_request(MISSING, NONCE))
    assert request.serial_number == LEAF.certificate.serial_number
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def test_nobody_can_be_asked_about_what_is_no_certificate() -> None:
    with pytest.raises(BadCertificate):
        build_request(replace(MISSING, certificate=b"\x30\x80"), NONCE)


def test_good_and_revoked() -> None:
    assert read(make_responder()) == "good"
    revoked = make_responder()
    revoked.revoked.add(LEAF.certificate.serial_number)
    assert read(revoked) == "revoked"
    kept = read_response(make_responder().answer(build_request(MISSING, NONCE)), MISSING, NONCE, NOW)
    assert kept.key == build_key(MISSING)
    assert kept.valid_until == NOW - timedelta(minutes=1) + timedelta(hours=8)


def test_a_responder_may_leave_the_nonce_out_but_not_send_another() -> None:
    silent, false = make_responder(), make_responder()
    silent.echoes_nonce = False
    false.false_nonce = bytes(32)
    assert read(silent) == "good"
    assert read(false) == "the OCSP response cannot be used: it answers another question (nonce)"
    assert read(false, nonce=None) == "good"  # from our own disk: it was asked for then


def test_an_answer_counts_from_this_update_to_next_update() -> None:
    assert read(make_responder(), now=NOW + timedelta(hours=9)).endswith("it ended at 2026-06-01 19:59Z")
    assert "it starts only at" in read(make_responder(), now=NOW - timedelta(hours=2))
    undated = make_responder()
    undated.valid = None
    assert read(undated, now=NOW + timedelta(hours=9)) == "good"
    assert "it ended at" in read(undated, now=NOW + timedelta(hours=25))


def test_who_was_revoked_stays_so_after_next_update() -> None:
    revoked = make_responder()
    revoked.revoked.add(LEAF.certificate.serial_number)
    assert read(revoked, now=NOW + timedelta(days=30)) == "revoked"


def test_a_delegate_counts_only_when_the_issuer_appointed_it() -> None:
    appointed, stranger = make_responder(), make_responder()
    appointed.delegate = ROOT.issue("responder", APPOINTED)
    assert read(appointed) == "good"
    stranger.delegate = ROOT.issue("no responder")
    assert "extended key usage" in read(stranger)
    foreign = make_responder()
    foreign.delegate = make_root("Foreign Root").issue("foreign responder", APPOINTED)
    assert "the issuer did not appoint it" in read(foreign)


def test_a_response_about_somebody_else_or_of_nobody_is_of_no_use() -> None:
    other = replace(MISSING, certificate=OTHER.der)
    raw = make_responder().answer(build_request(MISSING, NONCE))
    with pytest.raises(BadRevocationList, match="about another certificate"):
        read_response(raw, other, NONCE, NOW)
    busy, unknown = make_responder(), Responder(ROOT, lambda: NOW, [])
    busy.is_busy = True
    assert "TRY_LATER" in read(busy)
    assert "UNAUTHORIZED" in read(unknown)
    with pytest.raises(BadRevocationList):
        read_response(b"<html>", MISSING, NONCE, NOW)


def test_a_signature_nobody_vouches_for_is_none() -> None:
    raw = make_responder().answer(build_request(MISSING, NONCE))
    with pytest.raises(BadRevocationList, match="nobody vouches for its signature"):
        read_response(raw[:-1] + bytes([raw[-1] ^ 1]), MISSING, NONCE, NOW)


def _name(*locations: tuple[x509.ObjectIdentifier, str]) -> MissingStatus:
    access = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in locations]
    access.append(x509.AccessDescription(OCSP, x509.DirectoryName(LEAF.certificate.subject)))
    return replace(MISSING, certificate=ROOT.issue("named", (x509.AuthorityInformationAccess(access), False)).der)


def test_addresses_in_a_certificate_count_only_for_hosts_an_administrator_allowed() -> None:
    named = _name(
        (OCSP, "http://ocsp.ca.test/a"),
        (OCSP, "http://internal.test/admin"),
        (OCSP, "http://user@ocsp.ca.test/b"),
        (OCSP, "ldap://ocsp.ca.test/c"),
        (OCSP, "http://[broken"),
        (ISSUERS, "http://ocsp.ca.test/d"),
    )
    assert find_addresses(named, ("http://ours.test",), frozenset()) == ("http://ours.test",)
    allowed = frozenset({"ocsp.ca.test"})
    assert find_addresses(named, ("http://ours.test",), allowed) == ("http://ours.test", "http://ocsp.ca.test/a")
    assert find_addresses(MISSING, (), allowed) == ()


def test_no_certificate_names_more_than_a_few_responders() -> None:
    many = _name(*((OCSP, f"http://ocsp.ca.test/{number}") for number in range(20)))
    assert len(find_addresses(many, (), frozenset({"ocsp.ca.test"}))) == 4
