from collections.abc import Sequence

from mssmail.trust.link import load_link
from mssmail.trust.search import MAX_PATH_LINKS, MAX_SIGNATURE_CHECKS, Search
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.support.odd_certificates import Odd, authority, make_root


def _search(anchors: Sequence[Odd], known: Sequence[Odd], extra: Sequence[Odd] = ()) -> Search:
    store = build_trust_store(TrustSnapshot(1, tuple(a.der for a in anchors), tuple(k.der for k in known)))
    return Search(store, [load_link(odd.der) for odd in extra])


def test_finds_every_path_of_cross_certified_authorities() -> None:
    one, two = make_root("One"), make_root("Two")
    issuing = one.issue("Issuing", *authority())
    cross = two.issue("Issuing", *authority(), key=issuing.key)
    leaf = load_link(issuing.issue("leaf").der)
    search = _search([one, two], [issuing], [cross])
    anchors = [path[-1].der for path in search.iterate_paths(leaf)]
    assert anchors == [one.der, two.der]


def test_ends_on_a_ring_of_authorities_that_leads_to_no_anchor() -> None:
    one, two = make_root("One"), make_root("Two")
    ring = [one.issue("Two", *authority(), key=two.key), two.issue("One", *authority(), key=one.key)]
    leaf = load_link(one.issue("leaf").der)
    search = _search([make_root("Elsewhere")], ring)
    assert list(search.iterate_paths(leaf)) == []


def test_gives_up_a_search_that_someone_made_endless() -> None:
    key = make_root("Same").key
    same = [make_root("Same", key=make_root(f"Key {number}").key) for number in range(MAX_SIGNATURE_CHECKS + 8)]
    leaf = load_link(make_root("Same", key=key).issue("leaf").der)
    search = _search([], [], same)
    assert list(search.iterate_paths(leaf)) == []
    assert "given up" in search.trouble


def test_a_path_has_a_longest_length() -> None:
    root = make_root()
    chain = [root]
    for depth in range(MAX_PATH_LINKS):
        chain.append(chain[-1].issue(f"CA {depth}", *authority()))
    search = _search([root], chain[1:])
    assert list(search.iterate_paths(load_link(chain[-1].issue("leaf").der))) == []
    assert "at most" in search.trouble
    assert len(next(search.iterate_paths(load_link(chain[-3].issue("leaf").der)))) == MAX_PATH_LINKS


def test_says_which_issuer_is_unknown_and_which_signature_does_not_hold() -> None:
    root = make_root()
    leaf = load_link(make_root("Other").issue("leaf").der)
    search = _search([root], [])
    assert list(search.iterate_paths(leaf)) == []
    assert search.trouble.startswith("no CA certificate is known for the issuer of CN=leaf")
    impostor = make_root("Odd Root", key=make_root("Impostor").key)
    search = _search([root], [])
    assert list(search.iterate_paths(load_link(impostor.issue("leaf").der))) == []
    assert "does not verify" in search.trouble


def test_an_anchor_is_no_signer_of_its_own() -> None:
    root = make_root()
    assert list(_search([root], []).iterate_paths(load_link(root.der))) == []


def test_a_maze_of_certificates_is_left_soon() -> None:
    """Sixteen names of two certificates each: 65,536 ways, and no anchor at the end of any."""
    above, maze = make_root("Elsewhere"), []
    for level in range(16):
        made = [above.issue(f"L{level}", *authority()) for _ in range(2)]
        maze += made
        above = made[0]
    search = _search([make_root("Anchor")], [], maze)
    assert list(search.iterate_paths(load_link(above.issue("leaf").der))) == []
    assert "given up" in search.trouble


def test_a_way_out_of_a_maze_is_found_when_it_is_near() -> None:
    root = make_root("Anchor")
    above, maze = root, []
    for level in range(6):
        made = [above.issue(f"L{level}", *authority()) for _ in range(4)]
        maze += made
        above = made[0]
    paths = _search([root], [], maze).iterate_paths(load_link(above.issue("leaf").der))
    assert next(paths)[-1].der == root.der
