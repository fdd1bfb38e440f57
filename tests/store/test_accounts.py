import pytest

from mssmail.core.account import AccountKind
from mssmail.core.address import parse_address
from mssmail.errors import AccountExists, NoSuchAccount
from mssmail.store import accounts
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store
from mssmail.store.mailboxes import list_mailboxes
from tests.support.store import add_account, build_message, deliver_to

ANNE = parse_address("anne@a.test")


def test_a_new_account_comes_back_as_it_was_made(store: Store) -> None:
    owner = (("FINESS", "010000024"), ("RPPS", "10000000001"))
    made = add_account(store, "Anne@a.test", kind=AccountKind.ORG, display_name="Unité é", owner=owner, red_list=True)
    found = store.read(lambda conn: accounts.find_account(conn, ANNE)).result()
    assert found == made
    assert (made.kind, made.owner, made.red_list, made.suspended) == (AccountKind.ORG, owner, True, False)
    assert str(made.address) == "Anne@a.test"


def test_two_spellings_of_one_address_are_one_account(store: Store) -> None:
    add_account(store, "anne@a.test")
    with pytest.raises(AccountExists):
        add_account(store, "ANNE@a.test")


def test_a_new_account_has_the_usual_mailboxes(store: Store) -> None:
    account = add_account(store)
    boxes = store.read(lambda conn: list_mailboxes(conn, account.id)).result()
    assert [(box.name, box.special_use) for box in boxes] == [
        ("INBOX", ""),
        ("Archive", "\\Archive"),
        ("Drafts", "\\Drafts"),
        ("Junk", "\\Junk"),
        ("Sent", "\\Sent"),
        ("Trash", "\\Trash"),
    ]
    assert all(box.subscribed for box in boxes)
    assert len({box.uid_validity for box in boxes}) == 6


def test_accounts_are_listed_by_domain_and_name(store: Store) -> None:
    for address in ("zoe@a.test", "anne@b.test", "anne@a.test"):
        add_account(store, address)
    everyone = store.read(accounts.list_accounts).result()
    assert [str(one.address) for one in everyone] == ["anne@a.test", "zoe@a.test", "anne@b.test"]
    some = store.read(lambda conn: accounts.list_accounts(conn, "b.test")).result()
    assert [str(one.address) for one in some] == ["anne@b.test"]


def test_password_suspension_quota_and_profile_can_be_changed(store: Store) -> None:
    account = add_account(store)
    store.submit(lambda conn: accounts.set_password_hash(conn, ANNE, "$argon2id$x")).result()
    store.submit(lambda conn: accounts.suspend(conn, ANNE)).result()
    store.submit(lambda conn: accounts.set_quota(conn, ANNE, 1000)).result()
    store.submit(lambda conn: accounts.set_profile(conn, ANNE, display_name="A", red_list=True)).result()
    changed = store.read(lambda conn: accounts.load_account(conn, account.id)).result()
    assert (changed.suspended, changed.quota_bytes, changed.display_name, changed.red_list) == (True, 1000, "A", True)
    assert store.read(lambda conn: accounts.find_password_hash(conn, ANNE)).result() == "$argon2id$x"
    store.submit(lambda conn: accounts.suspend(conn, ANNE, suspended=False)).result()
    assert not store.read(lambda conn: accounts.load_account(conn, account.id)).result().suspended


def test_an_unknown_account_is_a_fault_to_change_and_none_to_find(store: Store) -> None:
    with pytest.raises(NoSuchAccount):
        store.submit(lambda conn: accounts.set_password_hash(conn, ANNE, "x")).result()
    with pytest.raises(NoSuchAccount):
        store.submit(lambda conn: accounts.remove(conn, ANNE)).result()
    with pytest.raises(NoSuchAccount):
        store.read(lambda conn: accounts.load_account(conn, 1)).result()
    assert store.read(lambda conn: accounts.find_account(conn, ANNE)).result() is None
    assert store.read(lambda conn: accounts.find_password_hash(conn, ANNE)).result() is None


def test_usage_counts_what_is_held_and_decides_on_room(store: Store) -> None:
    account = add_account(store, quota_bytes=1000)
    deliver_to(store, account, build_message())
    deliver_to(store, account, build_message(), "Junk")
    usage = store.read(lambda conn: accounts.find_usage(conn, account.id)).result()
    assert usage.messages == 2
    left = 1000 - usage.octets
    assert store.read(lambda conn: accounts.has_room(conn, account.id, left)).result()
    assert not store.read(lambda conn: accounts.has_room(conn, account.id, left + 1)).result()


def test_an_account_without_quota_has_room(store: Store) -> None:
    account = add_account(store)
    assert store.read(lambda conn: accounts.has_room(conn, account.id, 10**15)).result()


def test_removing_an_account_leaves_nothing_of_it_and_all_of_others(store: Store) -> None:
    anne, zoe = add_account(store), add_account(store, "zoe@a.test")
    shared, own = build_message(octets=INLINE_BYTES + 1), build_message("own", octets=INLINE_BYTES + 1)
    for account, data in ((anne, shared), (anne, own), (zoe, shared)):
        deliver_to(store, account, data)
    store.submit(lambda conn: accounts.remove(conn, ANNE)).result()
    store.submit(lambda conn: None).result()  # the sweep ran before this batch
    assert store.read(lambda conn: accounts.find_account(conn, ANNE)).result() is None
    assert [name for name, _ in store.body_files.list_files()] == [store.keep_body(shared).sha256]
