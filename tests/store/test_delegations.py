"""Who may act for whom, in a real store."""

import pytest

from mssmail.core.address import parse_address
from mssmail.core.rights import SEND_AS
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store import accounts
from mssmail.store.aliases import add_targets
from mssmail.store.delegations import (
    copy_entries,
    find_rights,
    follow_mailbox,
    foresee_rights,
    forget_mailbox,
    grant,
    inherit_entries,
    list_delegations,
    list_grants,
    list_identities,
    revoke,
)
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account

TEAM, ANNE, BEN = (parse_address(f"{name}@a.test") for name in ("team", "anne", "ben"))


def _grant(store: Store, rights: str, mailbox: str = "") -> None:
    store.submit(lambda conn: grant(conn, TEAM, ANNE, rights, NOW, mailbox)).result()


@pytest.fixture
def ids(store: Store) -> dict[str, int]:
    return {name: add_account(store, f"{name}@a.test").id for name in ("team", "anne", "ben")}


def test_rights_given_again_replace_those_before(store: Store, ids: dict[str, int]) -> None:
    _grant(store, "lrs0")
    _grant(store, "srl")
    [found] = store.read(list_delegations).result()
    assert (found.grantor, found.grantee, found.mailbox, found.rights) == (TEAM, ANNE, "", "lrs")
    assert store.read(lambda conn: list_delegations(conn, grantee=BEN)).result() == []
    assert store.read(lambda conn: list_delegations(conn, grantor=ANNE)).result() == []


def test_a_mailbox_with_rights_of_its_own_does_not_inherit(store: Store, ids: dict[str, int]) -> None:
    _grant(store, "lrswi")
    _grant(store, "l", "Archive")

    def find(mailbox: str, grantee: str = "anne") -> str:
        return store.read(lambda conn: find_rights(conn, ids["team"], ids[grantee], mailbox)).result()

    assert find("INBOX") == "lrswi"
    assert find("Archive") == "l"
    assert find("INBOX", "ben") == ""
    grants = store.read(lambda conn: list_grants(conn, ids["anne"])).result()
    assert [(each.grantor_id, each.grantor, each.mailbox, each.rights) for each in grants] == [
        (ids["team"], TEAM, "", "lrswi"),
        (ids["team"], TEAM, "Archive", "l"),
    ]


def test_only_send_as_on_the_whole_box_of_an_active_account_is_an_identity(store: Store, ids: dict[str, int]) -> None:
    def list_names() -> tuple[str, ...]:
        found = store.read(lambda conn: list_identities(conn, ids["anne"])).result()
        return tuple(str(each) for each in found)

    _grant(store, "lrs")
    assert list_names() == ()
    _grant(store, SEND_AS, "INBOX")
    assert list_names() == ()
    _grant(store, "l" + SEND_AS)
    assert list_names() == ("team@a.test",)
    store.submit(lambda conn: accounts.suspend(conn, TEAM)).result()
    assert list_names() == ()


def test_an_alias_that_leads_to_nobody_else_is_an_identity(store: Store, ids: dict[str, int]) -> None:
    own, shared, far = (parse_address(text) for text in ("a.nne@a.test", "all@a.test", "x@far.test"))
    store.submit(lambda conn: add_targets(conn, own, (ANNE,), NOW)).result()
    store.submit(lambda conn: add_targets(conn, shared, (ANNE, far), NOW)).result()
    assert store.read(lambda conn: list_identities(conn, ids["anne"])).result() == (own,)
    assert store.read(lambda conn: list_identities(conn, ids["ben"])).result() == ()


def test_rights_are_taken_back_on_one_mailbox_or_all(store: Store, ids: dict[str, int]) -> None:
    _grant(store, "l")
    _grant(store, "lr", "INBOX")
    assert store.submit(lambda conn: revoke(conn, TEAM, ANNE, "INBOX")).result()
    assert not store.submit(lambda conn: revoke(conn, TEAM, ANNE, "INBOX")).result()
    _grant(store, "lr", "INBOX")
    assert store.submit(lambda conn: revoke(conn, TEAM, ANNE)).result()
    assert store.read(list_delegations).result() == []


@pytest.mark.parametrize("removed", [TEAM, ANNE])
def test_what_an_account_gave_and_got_goes_with_it(store: Store, ids: dict[str, int], removed: object) -> None:
    _grant(store, "l")
    store.submit(lambda conn: accounts.remove(conn, removed)).result()  # type: ignore[arg-type]
    assert store.read(list_delegations).result() == []


def test_refuses_rights_for_nobody_and_for_oneself(store: Store, ids: dict[str, int]) -> None:
    for pair in ((TEAM, parse_address("x@a.test")), (parse_address("x@a.test"), TEAM)):
        with pytest.raises(NoSuchAccount):
            store.submit(lambda conn, pair=pair: grant(conn, *pair, "l", NOW)).result()  # type: ignore[call-arg, misc]
    with pytest.raises(BadAccount):
        store.submit(lambda conn: grant(conn, TEAM, TEAM, "l", NOW)).result()


def test_rights_follow_a_mailbox_and_those_below_it(store: Store, ids: dict[str, int]) -> None:
    for mailbox in ("a", "a/b", "ab", ""):
        _grant(store, "l", mailbox)
    store.submit(lambda conn: follow_mailbox(conn, ids["team"], "a", "x/y")).result()
    assert {each.mailbox for each in store.read(list_delegations).result()} == {"x/y", "x/y/b", "ab", ""}
    store.submit(lambda conn: forget_mailbox(conn, ids["team"], "x/y")).result()
    assert {each.mailbox for each in store.read(list_delegations).result()} == {"x/y/b", "ab", ""}


def test_a_mailbox_above_narrows_what_the_whole_box_gives_and_never_widens_it(
    store: Store, ids: dict[str, int]
) -> None:
    _grant(store, "lrk0")
    _grant(store, "lrswi", "a")
    _grant(store, "l", "a/b")

    def find(mailbox: str) -> str:
        return store.read(lambda conn: find_rights(conn, ids["team"], ids["anne"], mailbox)).result()

    assert [find(name) for name in ("a", "a/x", "a/b", "a/b/x/y", "ab")] == ["lrswi", "lr0", "l", "l0", "lrk0"]
    store.submit(lambda conn: revoke(conn, TEAM, ANNE, "")).result()
    assert [find(name) for name in ("a", "a/x")] == ["lrswi", ""]


def test_entries_are_given_on_another_mailbox_instead_of_its_own(store: Store, ids: dict[str, int]) -> None:
    _grant(store, "lr", "INBOX")
    _grant(store, "lrs", "old")
    store.submit(lambda conn: copy_entries(conn, ids["team"], "INBOX", "old")).result()
    found = store.read(list_delegations).result()
    assert [(each.mailbox, each.rights) for each in found] == [("INBOX", "lr"), ("old", "lr")]


@pytest.mark.parametrize(
    ("entries", "rights"),
    [
        ({"a": "lr"}, "lr"),
        ({"": "lrs0", "a": "lrw"}, "lr0w"),
        ({"": "l", "a": "lr0"}, "lr"),  # who may write in the box's name is said for the whole box
        ({"a": "lrw", "a/b": "l"}, "l"),  # what was given on the name beforehand
        ({"": "lr"}, "lr"),
        ({}, ""),
    ],
)
def test_a_new_mailbox_will_be_as_open_as_the_one_above_it(entries: dict[str, str], rights: str) -> None:
    assert foresee_rights(entries, "a/b", "a") == rights


def test_a_new_mailbox_takes_entries_only_where_it_would_be_less_open(store: Store, ids: dict[str, int]) -> None:
    _grant(store, "lrs", "a")
    store.submit(lambda conn: grant(conn, TEAM, BEN, "lrw", NOW)).result()
    store.submit(lambda conn: grant(conn, TEAM, BEN, "lr", NOW, "a")).result()
    store.submit(lambda conn: inherit_entries(conn, ids["team"], "a/b", "a", NOW)).result()
    found = {(each.grantee, each.mailbox): each.rights for each in store.read(list_delegations).result()}
    assert found == {(ANNE, "a"): "lrs", (ANNE, "a/b"): "lrs", (BEN, ""): "lrw", (BEN, "a"): "lr"}
