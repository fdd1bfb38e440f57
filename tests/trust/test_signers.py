from datetime import timedelta

from mssmail.trust.link import load_link
from mssmail.trust.signers import Signers
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.odd_certificates import Odd, authority, make_root, usage
from tests.support.pki import NOW

LISTS = usage("crl_sign")


def _find(root: Odd, wanted: Odd, known: list[Odd], sent: list[Odd] | None = None) -> list[tuple[bytes, ...]]:
    store = build_trust_store(TrustSnapshot(1, (root.der,), tuple(odd.der for odd in known)))
    signers = Signers(store, [load_link(odd.der) for odd in sent or []], load_link(root.der), NOW)
    name = load_link(wanted.der).subject
    found = signers.find(name)
    assert signers.find(name) is found
    return [tuple(link.der for link in path) for path in found]


def test_finds_paths_from_every_certificate_of_a_name() -> None:
    root = make_root()
    ca = root.issue("CA", *authority())
    lister, second = ca.issue("Lister", LISTS), root.issue("Lister", LISTS, key=make_root("x").key)
    assert _find(root, lister, [ca, lister, second]) == [(lister.der, ca.der, root.der), (second.der, root.der)]
    assert _find(root, lister, [ca], [lister]) == [(lister.der, ca.der, root.der)]
    assert _find(root, root, []) == [(root.der,)]


def test_leaves_out_paths_that_are_not_good() -> None:
    root, other = make_root(), make_root("Other")
    ended = root.issue("Lister", LISTS, end=NOW - timedelta(days=1))
    no_ca = root.issue("CA")
    below = no_ca.issue("Lister", LISTS)
    foreign = other.issue("Lister", LISTS)
    assert _find(root, ended, [ended, no_ca, below, foreign]) == []
