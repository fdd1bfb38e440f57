from dataclasses import replace

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.lists import Posting, Role
from mssmail.errors import AccountExists, NoSuchAccount
from mssmail.store.aliases import add_targets
from mssmail.store.engine import Store
from mssmail.store.lists import (
    add_members,
    change_list,
    count_bounce,
    count_members,
    delete_list,
    find_list,
    find_standing,
    list_lists,
    list_roles_of,
    load_list,
    page_members,
    remove_members,
    require_list,
    resume_member,
    set_role,
)
from tests.support.mailing import ALERTS, build_list, make_list
from tests.support.store import NOW, add_account

ANNE, BEN, CLEO = (parse_address(f"{name}@a.test") for name in ("anne", "ben", "cleo"))


def test_a_list_is_made_changed_found_and_deleted(store: Store) -> None:
    made = make_list(store, build_list(), ANNE)
    assert store.read(lambda conn: find_list(conn, Address("ALERTS", "b.test"))).result() == made
    changed = replace(made, posting=Posting.MEMBERS, moderated=True, name="Autre")
    store.submit(lambda conn: change_list(conn, changed)).result()
    assert store.read(lambda conn: load_list(conn, made.id)).result() == changed
    assert store.read(list_lists).result() == [(changed, 1)]
    assert store.submit(lambda conn: delete_list(conn, ALERTS)).result() == []
    for gone in (lambda conn: require_list(conn, ALERTS), lambda conn: load_list(conn, made.id)):
        with pytest.raises(NoSuchAccount):
            store.read(gone).result()


def test_an_address_is_one_thing(store: Store) -> None:
    make_list(store, build_list())
    with pytest.raises(AccountExists):
        make_list(store, build_list())
    with pytest.raises(AccountExists, match="a list"):
        add_account(store, "alerts@b.test")
    with pytest.raises(AccountExists, match="a list"):
        store.submit(lambda conn: add_targets(conn, ALERTS, (ANNE,), NOW)).result()
    add_account(store, "x@b.test")
    with pytest.raises(AccountExists):
        make_list(store, build_list(address=parse_address("x@b.test")))


def test_roles_are_given_and_taken_once(store: Store) -> None:
    made = make_list(store, build_list(), ANNE)

    def give(role: Role, who: Address, *, granted: bool = True) -> bool:
        return store.submit(lambda conn: set_role(conn, made.id, role, who, granted=granted)).result()

    assert give(Role.MODERATOR, BEN)
    assert not give(Role.MODERATOR, Address("BEN", "a.test"))
    assert give(Role.WRITER, BEN)
    assert store.read(lambda conn: list_roles_of(conn, made.id)).result() == [(Role.MODERATOR, BEN), (Role.WRITER, BEN)]
    assert give(Role.WRITER, BEN, granted=False)
    assert not give(Role.WRITER, BEN, granted=False)
    standing = store.read(lambda conn: (find_standing(conn, made.id, BEN), find_standing(conn, made.id, ANNE))).result()
    assert [(each.roles, each.is_member) for each in standing] == [({Role.MODERATOR}, False), (frozenset(), True)]


def test_members_are_added_once_paged_and_removed(store: Store) -> None:
    made = make_list(store, build_list())
    crowd = [Address(f"n{number:04}", "a.test") for number in range(1_200)]
    assert store.submit(lambda conn: add_members(conn, made.id, crowd, NOW)).result() == 1_200
    assert store.submit(lambda conn: add_members(conn, made.id, [*crowd[:3], ANNE], NOW)).result() == 1
    assert store.submit(lambda conn: add_members(conn, made.id, [], NOW)).result() == 0
    first = store.read(lambda conn: page_members(conn, made.id, limit=2)).result()
    assert [str(each.address) for each in first] == ["anne@a.test", "n0000@a.test"]
    rest = store.read(lambda conn: page_members(conn, made.id, first[-1].address.key, 1)).result()
    assert [str(each.address) for each in rest] == ["n0001@a.test"]
    assert store.submit(lambda conn: remove_members(conn, made.id, crowd)).result() == 1_200
    assert store.read(lambda conn: count_members(conn, made.id)).result() == 1


def test_a_member_whose_mail_comes_back_too_often_is_stopped_until_somebody_looks(store: Store) -> None:
    made = make_list(store, build_list(), ANNE)

    def bounce(who: Address = ANNE, most: int = 2) -> bool:
        return store.submit(lambda conn: count_bounce(conn, made.id, who, most, NOW)).result()

    assert [bounce(), bounce(), bounce()] == [False, True, False]
    [member] = store.read(lambda conn: page_members(conn, made.id)).result()
    assert (member.bounces, member.stopped_at) == (3, NOW)
    assert store.submit(lambda conn: resume_member(conn, made.id, ANNE)).result()
    [member] = store.read(lambda conn: page_members(conn, made.id)).result()
    assert (member.bounces, member.stopped_at) == (0, None)
    assert not bounce(most=0)
    assert not bounce(BEN)
    assert not store.submit(lambda conn: resume_member(conn, made.id, BEN)).result()
