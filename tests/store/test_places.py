"""Names that lead into one's own box, and into those of others."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from mssmail.core.account import Account
from mssmail.core.rights import LETTERS
from mssmail.errors import Fault, NoSuchMailbox, ReadOnly
from mssmail.store import mailboxes, places
from mssmail.store.delegations import grant
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account

T = TypeVar("T")
BOX = "Other Users/team@a.test"


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store, "anne@a.test")


@pytest.fixture
def team(store: Store) -> Account:
    return add_account(store, "team@a.test")


def _run(store: Store, work: Callable[[Connection], T]) -> T:
    return store.submit(work).result()


def _grant(store: Store, team: Account, anne: Account, rights: str, mailbox: str = "") -> None:
    _run(store, lambda conn: grant(conn, team.address, anne.address, rights, NOW, mailbox))


def test_a_box_is_its_inbox_and_the_rest_stands_below(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lr")
    for name, inner in ((BOX, "INBOX"), (BOX + "/", "INBOX"), (BOX + "/Sent", "Sent"), (BOX + "/inbox/x", "INBOX/x")):
        place = _run(store, lambda conn, name=name: places.find_place(conn, anne, name))  # type: ignore[misc]
        assert (place.owner_id, place.name, place.rights, place.root) == (team.id, inner, "lr", BOX)
        assert place.is_shared
    own = _run(store, lambda conn: places.find_place(conn, anne, "Other UsersX"))
    assert (own.owner_id, own.name, own.rights, own.is_shared) == (anne.id, "Other UsersX", LETTERS, False)


@pytest.mark.parametrize("name", ["Other Users", "Other Users/", "Other Users/nobody@a.test", BOX + "/Sent"])
def test_what_is_not_shared_leads_nowhere(store: Store, anne: Account, team: Account, name: str) -> None:
    with pytest.raises(NoSuchMailbox):
        _run(store, lambda conn: places.find_mailbox(conn, anne, name, "l"))


@pytest.mark.parametrize(
    ("rights", "needs", "fault"),
    [
        ("lr", "r", None),
        ("lr", "lri", ReadOnly),
        ("r", "r", None),
        ("r", "i", NoSuchMailbox),
        ("i", "l", NoSuchMailbox),
    ],
)
def test_who_may_not_look_up_does_not_learn_that_there_is_more(
    store: Store, anne: Account, team: Account, rights: str, needs: str, fault: type[Fault] | None
) -> None:
    place = places.Place(team.id, "INBOX", rights, BOX)
    if fault is None:
        place.require(needs)
        return
    with pytest.raises(fault):
        place.require(needs)


def test_a_mailbox_of_others_has_no_special_use_here(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lr")
    info = _run(store, lambda conn: places.find_mailbox(conn, anne, BOX + "/Sent", "r"))
    assert (info.name, info.special_use, info.rights, info.is_shared) == (BOX + "/Sent", "", "lr", True)
    own = _run(store, lambda conn: places.find_mailbox(conn, anne, "Sent", "r"))
    assert (own.special_use, own.is_shared) == ("\\Sent", False)


def test_rights_by_id_are_those_of_now(store: Store, anne: Account, team: Account) -> None:
    theirs = _run(store, lambda conn: mailboxes.find_mailbox(conn, team.id, "INBOX")).id
    mine = _run(store, lambda conn: mailboxes.find_mailbox(conn, anne.id, "INBOX")).id

    def find(mailbox_id: int) -> str:
        return _run(store, lambda conn: places.find_rights_by_id(conn, anne, mailbox_id))

    assert (find(mine), find(theirs), find(9_999)) == (LETTERS, "", "")
    _grant(store, team, anne, "lr")
    assert find(theirs) == "lr"


def test_who_owns_a_mailbox(store: Store, anne: Account, team: Account) -> None:
    mailbox_id = _run(store, lambda conn: mailboxes.find_mailbox(conn, team.id, "Sent")).id
    assert _run(store, lambda conn: places.find_owner(conn, mailbox_id)) == team.id
    with pytest.raises(NoSuchMailbox):
        _run(store, lambda conn: places.find_owner(conn, 9_999))


def test_a_new_mailbox_needs_the_right_on_its_parent(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lrk", "Archive")
    _grant(store, team, anne, "lr")
    made = _run(store, lambda conn: places.create_mailbox(conn, anne, BOX + "/Archive/2026", "", NOW))
    assert made.name == BOX + "/Archive/2026"
    with pytest.raises(ReadOnly):
        _run(store, lambda conn: places.create_mailbox(conn, anne, BOX + "/new", "", NOW))


def test_levels_that_a_new_mailbox_makes_are_as_open_as_what_stands_above(
    store: Store, anne: Account, team: Account
) -> None:
    _run(store, lambda conn: places.create_mailbox(conn, team, "old", "", NOW))
    _grant(store, team, anne, "lr", "old")
    _run(store, lambda conn: places.create_mailbox(conn, team, "old/2026/may", "", NOW))
    _run(store, lambda conn: places.create_mailbox(conn, team, "new", "", NOW))
    listed = _run(store, lambda conn: places.list_mailboxes(conn, anne))
    shared = {each.name for each in listed if each.name.startswith(BOX)}
    assert shared == {f"{BOX}/old", f"{BOX}/old/2026", f"{BOX}/old/2026/may"}


def test_the_levels_between_two_names() -> None:
    assert places.list_levels_below("a/b/c", "a") == ["a/b", "a/b/c"]
    assert places.list_levels_below("a/b", "a") == ["a/b"]
