"""Annotations are kept, limited, and go where their mailbox goes."""

import pytest
from sqlalchemy import Connection, func, select

from mssmail.core.account import Account
from mssmail.core.annotation import MAX_ENTRIES, MAX_HELD, MAX_VALUE, Annotation
from mssmail.errors import AnnotationTooBig, NoSuchMailbox, ReadOnly, TooManyAnnotations
from mssmail.store import places
from mssmail.store.accounts import remove
from mssmail.store.annotations import change_annotations, copy_annotations, load_annotations, measure_annotations
from mssmail.store.delegations import grant
from mssmail.store.engine import Store
from mssmail.store.fsck import check_store
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.schema import mailbox_annotations, server_annotations
from tests.support.store import NOW, add_account

TEAM = "Other Users/team@a.test"


@pytest.fixture
def team(store: Store) -> Account:
    return add_account(store, "team@a.test")


def _set(store: Store, account: Account, name: str, **values: bytes | None) -> None:
    changes = [Annotation("/" + entry.replace("_", "/"), value) for entry, value in values.items()]
    store.submit(lambda conn: change_annotations(conn, account, name, changes)).result()


def _load(store: Store, account: Account, name: str = "INBOX") -> dict[str, bytes | None]:
    _, found = store.read(lambda conn: load_annotations(conn, account, name)).result()
    return {each.entry: each.value for each in found}


def _count(store: Store) -> list[int]:
    def look(conn: Connection) -> list[int]:
        tables = (mailbox_annotations, server_annotations)
        return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    return store.read(look).result()


def _grant(store: Store, team: Account, anne: Account, rights: str) -> None:
    store.submit(lambda conn: grant(conn, team.address, anne.address, rights, NOW)).result()


def test_a_later_value_takes_the_place_of_an_earlier_one_however_it_is_spelt(store: Store, anne: Account) -> None:
    _set(store, anne, "inbox", private_a=b"1", shared_a=b"\0\xff")
    assert _load(store, anne) == {"/private/a": b"1", "/shared/a": b"\0\xff"}
    _set(store, anne, "INBOX", PRIVATE_A=b"", shared_a=None, shared_b=None)
    assert _load(store, anne) == {"/PRIVATE/A": b""}
    assert _load(store, anne, "Sent") == {"/private/specialuse": b"\\Sent"}


def test_the_server_has_private_entries_only(store: Store, anne: Account, team: Account) -> None:
    _set(store, anne, "", private_a=b"1")
    with pytest.raises(ReadOnly):
        _set(store, anne, "", private_b=b"2", shared_comment=b"x")
    assert _load(store, anne, "") == {"/private/a": b"1"}
    assert _load(store, team, "") == {}


def test_all_see_what_is_shared_and_everybody_his_own(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lrw")
    _set(store, anne, TEAM, private_a=b"anne's", shared_a=b"everybody's")
    _set(store, team, "INBOX", private_a=b"the team's")
    assert _load(store, team) == {"/private/a": b"the team's", "/shared/a": b"everybody's"}
    assert _load(store, anne, TEAM) == {"/private/a": b"anne's", "/shared/a": b"everybody's"}


@pytest.mark.parametrize(
    ("rights", "fault", "may_set"),
    [
        ("", NoSuchMailbox, False),
        ("l", ReadOnly, False),
        ("lx", ReadOnly, False),
        ("lr", None, False),
        ("lw", None, True),
    ],
)
def test_rights_say_who_sees_and_who_changes(
    store: Store, anne: Account, team: Account, rights: str, fault: type[Exception] | None, may_set: bool
) -> None:
    if rights:
        _grant(store, team, anne, rights)
    if fault is not None:
        for act in (lambda: _load(store, anne, TEAM), lambda: _set(store, anne, TEAM, private_a=b"1")):
            with pytest.raises(fault):
                act()
        return
    _set(store, anne, TEAM, private_a=b"1")
    if may_set:
        _set(store, anne, TEAM, shared_a=b"1")
    else:
        with pytest.raises(ReadOnly):
            _set(store, anne, TEAM, private_a=b"2", shared_a=b"1")
    assert _load(store, anne, TEAM)["/private/a"] == b"1"


def test_special_uses_are_those_of_list(store: Store, anne: Account, team: Account) -> None:
    store.submit(lambda conn: places.create_mailbox(conn, anne, "Old", "", NOW)).result()
    _set(store, anne, "Old", private_specialuse=b"\\Trash")
    assert store.read(lambda conn: find_mailbox(conn, anne.id, "Old")).result().special_use == "\\Trash"
    _set(store, anne, "Old", private_specialuse=None)
    assert _load(store, anne, "Old") == {}
    _grant(store, team, anne, "lrswipkxte")
    for name in ("INBOX", TEAM + "/Sent"):
        with pytest.raises(ReadOnly):
            _set(store, anne, name, private_specialuse=b"\\Junk")
    assert _load(store, anne, TEAM + "/Sent") == {}


def test_values_and_numbers_are_limited_and_nothing_is_done_by_halves(store: Store, anne: Account) -> None:
    with pytest.raises(AnnotationTooBig):
        _set(store, anne, "INBOX", private_a=b"1", private_b=b"x" * (MAX_VALUE + 1))
    for kind in ("private", "shared"):
        _set(store, anne, "INBOX", **{f"{kind}_{number}": b"" for number in range(MAX_ENTRIES)})
        with pytest.raises(TooManyAnnotations):
            _set(store, anne, "INBOX", **{f"{kind}_0": None, f"{kind}_x": b"", f"{kind}_y": b""})
        _set(store, anne, "INBOX", **{f"{kind}_0": b"new"})
        _set(store, anne, "INBOX", **{f"{kind}_x": b"", f"{kind}_0": None})  # as many afterwards as there may be
    assert len(_load(store, anne)) == 2 * MAX_ENTRIES
    with pytest.raises(TooManyAnnotations):
        _set(store, anne, "", **{f"private_{number}": b"" for number in range(MAX_ENTRIES + 1)})
    assert _count(store) == [2 * MAX_ENTRIES, 0]


def test_an_account_holds_so_much_and_no_more(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lrw")
    full = MAX_HELD // MAX_VALUE
    _set(store, team, "", **{f"private_{number}": b"x" * MAX_VALUE for number in range(full - 1)})
    _set(store, team, "INBOX", shared_a=b"x" * (MAX_VALUE - 2_000))
    with pytest.raises(TooManyAnnotations):  # the box's owner answers for what is shared
        _set(store, anne, TEAM, shared_b=b"x" * 2_000)
    _set(store, anne, TEAM, private_b=b"x" * 2_000)
    held = store.read(lambda conn: measure_annotations(conn, team.id)).result()
    assert MAX_HELD - 2_000 < held <= MAX_HELD
    assert store.read(lambda conn: measure_annotations(conn, anne.id)).result() == 2_000 + len("/private/b")
    _set(store, team, "INBOX", shared_a=None)
    with pytest.raises(TooManyAnnotations):
        _set(store, anne, "", **{f"private_{number}": b"x" * MAX_VALUE for number in range(full + 1)})


def test_they_follow_their_mailbox_and_go_with_it(store: Store, anne: Account) -> None:
    store.submit(lambda conn: places.create_mailbox(conn, anne, "one/two", "", NOW)).result()
    _set(store, anne, "one/two", shared_a=b"1")
    store.submit(lambda conn: places.rename_mailbox(conn, anne, "one", "three", NOW)).result()
    assert _load(store, anne, "three/two") == {"/shared/a": b"1"}
    store.submit(lambda conn: places.delete_mailbox(conn, anne, "three/two")).result()
    store.submit(lambda conn: places.create_mailbox(conn, anne, "three/two", "", NOW)).result()
    assert _load(store, anne, "three/two") == {}
    assert _count(store) == [0, 0]


def test_a_copy_of_them_is_their_own(store: Store, anne: Account) -> None:
    _set(store, anne, "INBOX", shared_a=b"1", private_a=b"2")
    store.submit(
        lambda conn: copy_annotations(
            conn, find_mailbox(conn, anne.id, "INBOX").id, find_mailbox(conn, anne.id, "Archive").id
        )
    ).result()
    _set(store, anne, "INBOX", shared_a=None)
    assert _load(store, anne, "Archive") == {
        "/private/a": b"2",
        "/shared/a": b"1",
        "/private/specialuse": b"\\Archive",
    }


def test_an_account_that_goes_leaves_nothing_behind(store: Store, anne: Account, team: Account) -> None:
    _grant(store, team, anne, "lrw")
    _set(store, anne, TEAM, private_a=b"1", shared_a=b"1")
    _set(store, anne, "Sent", private_a=b"1")
    _set(store, anne, "", private_a=b"1")
    store.submit(lambda conn: remove(conn, anne.address)).result()
    assert _count(store) == [1, 0]
    assert check_store(store) == []
