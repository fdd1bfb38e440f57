import pickle

from mssmail.trust.path import verify_path
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.usage import Purpose
from tests.support.pki import Pki, build_pki


def test_a_snapshot_travels_between_processes() -> None:
    pki = build_pki()
    snapshot = TrustSnapshot(7, pki.anchors, pki.intermediates, pki.make_crls(), SignaturePolicy(allow_sha1=True))
    again = pickle.loads(pickle.dumps(snapshot))
    assert again == snapshot
    assert build_trust_store(again).generation == 7


def test_leaves_out_what_cannot_be_read_and_says_so() -> None:
    pki = build_pki()
    store = build_trust_store(TrustSnapshot(1, (b"junk", *pki.anchors), (b"junk",), (b"junk", *pki.make_crls())))
    assert len(store.anchors) == 1
    assert len(store.certificates) == 1
    assert len(store.faults) == 3


def test_parses_a_certificate_once_while_it_is_remembered() -> None:
    pki = build_pki()
    store = build_trust_store(TrustSnapshot(1, pki.anchors))
    der = pki.make_person("alice@a.test").certificate_der
    assert store.load_link(der) is store.load_link(bytes(bytearray(der)))


def test_remembers_paths_that_passed_and_no_others() -> None:
    pki = Pki()
    alice, bob = pki.make_person("alice@a.test"), pki.make_person("bob@a.test")
    crls = pki.make_crls(bob)
    store = build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates, crls))
    results = [verify_path(each.certificate_der, (), store, Purpose.SMIME, pki.now) for each in (alice, bob)]
    assert [result.is_trusted for result in results] == [True, False]
    assert len(store.paths) == 1
    assert verify_path(alice.certificate_der, (), store, Purpose.SMIME, pki.now) is results[0]


def test_a_certificate_of_the_snapshot_is_not_read_again() -> None:
    pki = build_pki()
    store = build_trust_store(TrustSnapshot(1, pki.anchors, pki.intermediates))
    assert {id(store.load_link(der)) for der in (*pki.intermediates, *pki.anchors)} == set(map(id, store.certificates))
