"""The situations of the NIST PKITS sections on revocation (4.4, 4.5, 4.14, 4.15), made with our own builder."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from mssmail.core.verdict import Outcome
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.odd_certificates import Critical, Odd, authority, make_root, name, point, points, usage
from tests.support.pki import NOW

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
R = x509.ReasonFlags
CA_KEYS = usage("key_cert_sign")
LIST_KEYS = usage("crl_sign")
URI = x509.UniformResourceIdentifier("http://crl.a.test/part.crl")


def _judge(root: Odd, leaf: Odd, between: Sequence[Odd], crls: Sequence[bytes], days: int = 0) -> PathResult:
    known = tuple(odd.der for odd in between)
    store = build_trust_store(TrustSnapshot(1, (root.der,), known, tuple(crls)))
    assert not store.faults
    return verify_path(leaf.der, (), store, Purpose.ANY, NOW + timedelta(days=days))


def _ask(root: Odd, leaf: Odd, between: Sequence[Odd], *crls: bytes, days: int = 0) -> Outcome:
    return _judge(root, leaf, between, crls, days).revocation.outcome


def _serial(odd: Odd) -> int:
    return odd.certificate.serial_number


def _key(label: str) -> Odd:
    """Somebody with a key of that name, for certificates that share a name and not a key."""
    return make_root(label)


def _number(number: int, base: int | None = None) -> list[Critical]:
    found: list[Critical] = [(x509.CRLNumber(number), False)]
    return found if base is None else [*found, (x509.DeltaCRLIndicator(base), True)]


def _dn(odd: Odd) -> x509.DirectoryName:
    return x509.DirectoryName(odd.certificate.subject)


def _by(issuer: Odd, *names: x509.GeneralName, reasons: frozenset[R] | None = None) -> Critical:
    stated = x509.DistributionPoint(list(names) or None, None, reasons, [_dn(issuer)])
    return x509.CRLDistributionPoints([stated]), False


# --- 4.4: basic certificate revocation


@pytest.fixture
def root() -> Odd:
    return make_root()


@pytest.fixture
def ca(root: Odd) -> Odd:
    return root.issue("CA", *authority())


def test_4_4_1_to_7_missing_revoked_and_foreign_lists(root: Odd, ca: Odd) -> None:
    leaf, gone, other = ca.issue("leaf"), ca.issue("gone"), root.issue("Other CA", *authority())
    top, good, bad = root.build_crl(), ca.build_crl(_serial(gone)), root.build_crl(_serial(ca))
    wrong_key = other.build_crl(issuer=ca.certificate.subject)
    assert _ask(root, leaf, [ca], top, good) is PASSED
    assert _ask(root, leaf, [ca], top) is UNKNOWN  # 1
    assert _ask(root, leaf, [ca], bad, good) is FAILED  # 2
    assert _ask(root, gone, [ca], top, good) is FAILED  # 3
    assert _ask(root, leaf, [ca, other], top, wrong_key) is UNKNOWN  # 4, 5
    assert _ask(root, leaf, [ca, other], top, other.build_crl()) is UNKNOWN  # 6
    assert _ask(root, leaf, [ca, other], top, wrong_key, good) is PASSED  # 7


def test_4_4_8_to_13_extensions_and_dates(root: Odd, ca: Odd) -> None:
    leaf, top = ca.issue("leaf"), root.build_crl()
    odd: Critical = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True
    past = ca.build_crl(start=NOW - timedelta(days=9), end=NOW - timedelta(days=1))
    late = ca.build_crl(end=NOW + timedelta(days=365 * 60))  # GeneralizedTime
    assert _ask(root, leaf, [ca], top, ca.build_crl(5, entry_extensions=[odd])) is UNKNOWN
    assert _ask(root, leaf, [ca], top, ca.build_crl(extensions=[odd])) is UNKNOWN
    assert _ask(root, leaf, [ca], top, past) is UNKNOWN
    assert _ask(root, leaf, [ca], top, late) is PASSED


def test_4_4_19_to_21_lists_signed_with_a_key_of_their_own(root: Odd) -> None:
    certs = root.issue("CA", authority()[0], CA_KEYS, key=_key("for certificates").key)
    lists = root.issue("CA", LIST_KEYS, key=_key("for lists").key)
    leaf, gone = certs.issue("leaf"), certs.issue("gone")
    crl, top = lists.build_crl(_serial(gone)), root.build_crl()
    assert _ask(root, leaf, [certs, lists], top, crl) is PASSED
    assert _ask(root, gone, [certs, lists], top, crl) is FAILED
    assert _ask(root, leaf, [certs, lists], root.build_crl(_serial(lists)), crl) is UNKNOWN
    assert _ask(root, leaf, [certs], top, crl) is UNKNOWN
    assert _ask(root, leaf, [certs, lists], top, certs.build_crl()) is UNKNOWN  # its key may not sign lists


def test_a_signer_of_lists_must_chain_to_the_same_anchor_be_in_date_and_strong(root: Odd, ca: Odd) -> None:
    leaf, top, stranger = ca.issue("leaf"), root.build_crl(), make_root("Stranger")
    foreign = stranger.issue("CA", LIST_KEYS, key=_key("foreign").key)
    store = build_trust_store(
        TrustSnapshot(1, (root.der, stranger.der), (ca.der, foreign.der), (top, foreign.build_crl()))
    )
    assert verify_path(leaf.der, (), store, Purpose.ANY, NOW).revocation.outcome is UNKNOWN
    old = root.issue("CA", LIST_KEYS, key=_key("old").key, end=NOW - timedelta(days=1))
    assert _ask(root, leaf, [ca, old], top, old.build_crl()) is UNKNOWN


# --- 4.5: self-issued certificates while a CA changes its key


def test_4_5_the_old_keys_certificates_on_the_new_keys_list(root: Odd) -> None:
    old = root.issue("CA", *authority(), key=_key("old").key)
    bridge = old.issue("CA", *authority(), points(URI), key=_key("new").key)
    leaf, gone = old.issue("leaf"), old.issue("gone")
    crl = bridge.build_crl(_serial(gone))
    own = old.build_crl(extensions=[point(full_name=[URI])])
    assert _ask(root, leaf, [old, bridge], root.build_crl(), crl, own) is PASSED
    assert _ask(root, gone, [old, bridge], root.build_crl(), crl, own) is FAILED
    revoked = old.build_crl(_serial(bridge), extensions=[point(full_name=[URI])])
    assert _ask(root, leaf, [old, bridge], root.build_crl(), crl, revoked) is UNKNOWN


def test_4_5_the_new_keys_certificates_below_the_old_key(root: Odd) -> None:
    old = root.issue("CA", *authority(), key=_key("old").key)
    new = old.issue("CA", *authority(), key=_key("new").key)
    leaf, gone = new.issue("leaf"), new.issue("gone")
    crls = root.build_crl(), new.build_crl(_serial(gone))
    assert _ask(root, leaf, [old, new], *crls) is PASSED
    assert _ask(root, gone, [old, new], *crls) is FAILED


# --- 4.14: distribution points, reasons, other issuers


def test_4_14_reasons_must_all_be_covered(root: Odd, ca: Odd) -> None:
    leaf, gone, held = ca.issue("leaf"), ca.issue("gone"), ca.issue("held")
    most = frozenset(R) - {R.unspecified, R.remove_from_crl, R.certificate_hold}
    first = ca.build_crl(_serial(gone), extensions=[point(only_some_reasons=most)])
    second = ca.build_crl(_serial(held), extensions=[point(only_some_reasons=frozenset({R.certificate_hold}))])
    top = root.build_crl()
    assert _ask(root, leaf, [ca], top, first, second) is PASSED
    assert _ask(root, gone, [ca], top, first, second) is FAILED
    assert _ask(root, held, [ca], top, first, second) is FAILED
    assert _ask(root, leaf, [ca], top, first) is UNKNOWN
    assert "every reason" in _judge(root, leaf, [ca], [top, first]).revocation.reason


def test_4_14_reasons_at_points_of_their_own(root: Odd, ca: Odd) -> None:
    other = x509.UniformResourceIdentifier("http://crl.a.test/rest.crl")
    most = frozenset(R) - {R.unspecified, R.remove_from_crl, R.certificate_hold}
    hold = frozenset({R.certificate_hold})
    stated = [x509.DistributionPoint([URI], None, hold, None), x509.DistributionPoint([other], None, most, None)]
    leaf = ca.issue("leaf", (x509.CRLDistributionPoints(stated), False))
    lists = (
        ca.build_crl(extensions=[point(full_name=[URI], only_some_reasons=hold)]),
        ca.build_crl(extensions=[point(full_name=[other], only_some_reasons=most)]),
    )
    assert _ask(root, leaf, [ca], root.build_crl(), *lists) is PASSED
    assert _ask(root, leaf, [ca], root.build_crl(), lists[1]) is UNKNOWN


def test_4_14_22_to_26_indirect_lists(root: Odd, ca: Odd) -> None:
    lister = root.issue("Lister", *authority())
    own = lister.issue("own")
    delegated, plain = ca.issue("leaf", _by(lister)), ca.issue("plain")
    gone = ca.issue("gone", _by(lister))
    crl = lister.build_mixed_crl((_serial(gone), ca.certificate.subject), extensions=[point(indirect_crl=True)])
    same_serial = lister.build_mixed_crl((_serial(delegated), None), extensions=[point(indirect_crl=True)])
    top = root.build_crl()
    assert _ask(root, own, [ca, lister], top, crl) is PASSED
    assert _ask(root, delegated, [ca, lister], top, crl) is PASSED
    assert _ask(root, delegated, [ca, lister], top, same_serial) is PASSED
    assert _ask(root, gone, [ca, lister], top, crl) is FAILED
    assert _ask(root, plain, [ca, lister], top, crl) is UNKNOWN
    assert _ask(root, delegated, [ca, lister], top, lister.build_crl()) is UNKNOWN


def test_4_14_27_to_29_issuers_of_lists_below_the_ca_itself(root: Odd, ca: Odd) -> None:
    lister = ca.issue("Lister", LIST_KEYS)
    part = x509.DirectoryName(x509.Name([*name("Lister").rdns, *name("Part").rdns[-1:]]))
    leaf = ca.issue("leaf", _by(lister, part))
    gone = ca.issue("gone", _by(lister, part))
    relative = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "Part")])
    entries = ((_serial(gone), ca.certificate.subject),)
    crl = lister.build_mixed_crl(*entries, extensions=[point(indirect_crl=True, relative_name=relative)])
    own, top = ca.build_crl(), root.build_crl()
    assert _ask(root, leaf, [ca, lister], top, own, crl) is PASSED
    assert _ask(root, gone, [ca, lister], top, own, crl) is FAILED
    assert (
        _ask(root, leaf, [ca, lister], top, ca.build_crl(_serial(lister)), crl) is PASSED
    )  # the CA's own list covers it
    assert _ask(root, leaf, [ca], top, crl) is UNKNOWN


def test_4_14_30_an_issuer_of_lists_that_stands_on_its_own_list(root: Odd, ca: Odd) -> None:
    lister = ca.issue("Lister", LIST_KEYS, _by(_key("Lister")))
    leaf, gone = ca.issue("leaf", _by(lister)), ca.issue("gone", _by(lister))
    indirect = [point(indirect_crl=True)]
    crl = lister.build_mixed_crl((_serial(gone), ca.certificate.subject), extensions=indirect)
    suicide = lister.build_mixed_crl((_serial(lister), ca.certificate.subject), extensions=indirect)
    assert _ask(root, leaf, [ca, lister], root.build_crl(), crl) is PASSED
    assert _ask(root, gone, [ca, lister], root.build_crl(), crl) is FAILED
    assert _ask(root, leaf, [ca, lister], root.build_crl(), suicide) is UNKNOWN


# --- 4.15: delta lists


def test_4_15_a_delta_alone_says_nothing(root: Odd, ca: Odd) -> None:
    leaf = ca.issue("leaf")
    assert _ask(root, leaf, [ca], root.build_crl(), ca.build_crl(extensions=_number(5, 4))) is UNKNOWN


@pytest.mark.parametrize("point_too", [False, True])
def test_4_15_what_the_delta_adds_and_takes_off(root: Odd, ca: Odd, *, point_too: bool) -> None:
    leaf, gone, held = ca.issue("leaf"), ca.issue("gone"), ca.issue("held")
    scope = [point(only_contains_user_certs=True)] if point_too else []
    complete = ca.build_crl(_serial(held), extensions=[*_number(4), *scope])
    adds = ca.build_crl(_serial(gone), extensions=[*_number(5, 4), *scope])
    off: Critical = x509.CRLReason(R.remove_from_crl), False
    removes = ca.build_crl(_serial(held), extensions=[*_number(6, 4), *scope], entry_extensions=[off])
    top = root.build_crl()
    assert _ask(root, leaf, [ca], top, complete, adds) is PASSED
    assert _ask(root, gone, [ca], top, complete, adds) is FAILED
    assert _ask(root, held, [ca], top, complete, adds) is FAILED
    assert _ask(root, held, [ca], top, complete, removes) is PASSED
    assert _ask(root, gone, [ca], top, complete, removes) is PASSED


def test_4_15_a_delta_that_does_not_fit_is_left_out(root: Odd, ca: Odd) -> None:
    gone, top = ca.issue("gone"), root.build_crl()
    complete = ca.build_crl(extensions=_number(4))
    later_base = ca.build_crl(_serial(gone), extensions=_number(7, 6))
    not_newer = ca.build_crl(_serial(gone), extensions=_number(4, 3))
    other_scope = ca.build_crl(_serial(gone), extensions=[*_number(5, 4), point(only_contains_user_certs=True)])
    other_key = make_root("x").build_crl(_serial(gone), extensions=_number(5, 4), issuer=ca.certificate.subject)
    for delta in (later_base, not_newer, other_scope, other_key):
        assert _ask(root, gone, [ca], top, complete, delta) is PASSED
    assert _ask(root, gone, [ca], top, complete, ca.build_crl(_serial(gone), extensions=_number(5, 3))) is FAILED


def test_4_15_a_delta_in_force_keeps_an_ended_list_alive(root: Odd, ca: Odd) -> None:
    leaf, top = ca.issue("leaf"), root.build_crl(end=NOW + timedelta(days=30))
    ended = ca.build_crl(extensions=_number(4), end=NOW + timedelta(hours=1))
    delta = ca.build_crl(extensions=_number(5, 4), end=NOW + timedelta(days=7))
    too_late = ca.build_crl(extensions=_number(9, 8), end=NOW + timedelta(days=7))
    assert _ask(root, leaf, [ca], top, ended, delta, days=1) is PASSED
    assert _ask(root, leaf, [ca], top, ended, too_late, days=1) is UNKNOWN
    assert _ask(root, leaf, [ca], top, ended, delta, days=8) is UNKNOWN


def test_an_ended_delta_still_convicts_but_frees_nobody(root: Odd, ca: Odd) -> None:
    gone, held, top = ca.issue("gone"), ca.issue("held"), root.build_crl()
    complete = ca.build_crl(_serial(held), extensions=_number(4))
    off: Critical = x509.CRLReason(R.remove_from_crl), False
    adds = ca.build_crl(_serial(gone), extensions=_number(5, 4), end=NOW + timedelta(hours=1))
    removes = ca.build_crl(
        _serial(held), extensions=_number(5, 4), entry_extensions=[off], end=NOW + timedelta(hours=1)
    )
    assert _ask(root, gone, [ca], top, complete, adds, days=1) is FAILED
    assert _ask(root, held, [ca], top, complete, removes) is PASSED
    assert _ask(root, held, [ca], top, complete, removes, days=1) is FAILED


def test_signers_of_signers_of_lists_come_to_an_end(root: Odd) -> None:
    """Every CA's list is signed by the next one's delegate: the depth is bounded, and the answer unknown."""
    names = [f"Lister {number}" for number in range(40)]
    listers = [root.issue(each, LIST_KEYS, _by(_key(names[(at + 1) % len(names)]))) for at, each in enumerate(names)]
    lists = [lister.build_mixed_crl(extensions=[point(indirect_crl=True)]) for lister in listers]
    assert _ask(root, root.issue("leaf", _by(listers[0])), listers, *lists) is UNKNOWN
