from datetime import timedelta

import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import MailboxInfo
from mssmail.errors import Fault, HasChildren, MailboxExists, NoSuchMailbox, OverQuota, ReadOnly
from mssmail.store import mailboxes
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account, build_message, deliver_to, list_uids


def _create(store: Store, account: Account, name: str, special_use: str = "") -> MailboxInfo:
    return store.submit(lambda conn: mailboxes.create_mailbox(conn, account.id, name, special_use, NOW)).result()


def _delete(store: Store, account: Account, name: str) -> int:
    return store.submit(lambda conn: mailboxes.delete_mailbox(conn, account.id, name)).result()


def _rename(store: Store, account: Account, old: str, new: str) -> MailboxInfo:
    return store.submit(lambda conn: mailboxes.rename_mailbox(conn, account.id, old, new, NOW)).result()


def _find(store: Store, account: Account, name: str) -> MailboxInfo:
    return store.read(lambda conn: mailboxes.find_mailbox(conn, account.id, name)).result()


def _list_names(store: Store, account: Account) -> list[str]:
    return [info.name for info in store.read(lambda conn: mailboxes.list_mailboxes(conn, account.id)).result()]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Work", "Work"),
        ("Work/", "Work"),
        ("iNbOx", "INBOX"),
        ("inbox/Sub", "INBOX/Sub"),
        ("Inboxes", "Inboxes"),
        ("Été/été", "Été/été"),
        ("📧", "📧"),
        ("a" * 255, "a" * 255),
        ("a&b \\\"c'", "a&b \\\"c'"),
    ],
)
def test_a_name_is_kept_as_it_was_given(name: str, kept: str) -> None:
    assert mailboxes.parse_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/a",
        "a//b",
        "a//",
        "a" * 256,
        "/".join("a" * 33),
        "/".join(["a" * 200] * 6),
        "#news",
        "a*",
        "%",
        "\udc80",
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ReadOnly):
        mailboxes.parse_name(name)


def test_no_control_character_gets_into_a_name() -> None:
    for code in [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]:
        with pytest.raises(ReadOnly):
            mailboxes.parse_name(f"a{chr(code)}b")
    for code in (0x20, 0x7E, 0xA0, 0x2027):
        assert mailboxes.parse_name(f"a{chr(code)}b")


def test_missing_parents_are_made_too(store: Store, anne: Account) -> None:
    made = _create(store, anne, "a/b/c", "\\Archive")
    assert made.special_use == "\\Archive"
    assert {"a", "a/b", "a/b/c"} <= set(_list_names(store, anne))
    assert _find(store, anne, "a/b").special_use == ""
    assert not made.subscribed


@pytest.mark.parametrize("name", ["Sent", "inbox", "Sent/"])
def test_a_name_is_given_once(store: Store, anne: Account, name: str) -> None:
    with pytest.raises(MailboxExists):
        _create(store, anne, name)


def test_case_tells_names_apart_but_for_inbox(store: Store, anne: Account) -> None:
    assert _create(store, anne, "sent").id != _find(store, anne, "Sent").id
    assert _find(store, anne, "INBOX").id == _find(store, anne, "inbox").id
    _create(store, anne, "inbox/sub")
    assert _find(store, anne, "INBOX/sub").id == _find(store, anne, "Inbox/sub").id


def test_accounts_do_not_see_each_others_mailboxes(store: Store, anne: Account) -> None:
    zoe = add_account(store, "zoe@a.test")
    _create(store, anne, "Private")
    with pytest.raises(NoSuchMailbox):
        _find(store, zoe, "Private")


def test_a_name_no_database_takes_is_simply_not_there(store: Store, anne: Account) -> None:
    for name in ("\udc80", "a/\ud800", ""):
        with pytest.raises(NoSuchMailbox):
            _find(store, anne, name)


def test_a_uidvalidity_is_never_given_twice(store: Store, anne: Account) -> None:
    seen = set()
    for _ in range(3):
        seen.add(_create(store, anne, "again").uid_validity)
        _delete(store, anne, "again")
    seen |= {info.uid_validity for info in store.read(lambda conn: mailboxes.list_mailboxes(conn, anne.id)).result()}
    assert len(seen) == 9
    later = NOW + timedelta(days=1)
    made = store.submit(lambda conn: mailboxes.create_mailbox(conn, anne.id, "later", "", later)).result()
    assert made.uid_validity == int(later.timestamp())


def test_a_deleted_mailbox_is_out_of_sight_and_takes_no_room_among_the_others(
    store: Store, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox_id = _create(store, anne, "a").id
    assert _delete(store, anne, "a") == mailbox_id
    for look in (
        lambda conn: mailboxes.load_mailbox(conn, mailbox_id),
        lambda conn: mailboxes.find_mailbox(conn, anne.id, f"\1{mailbox_id}"),
    ):
        with pytest.raises(NoSuchMailbox):
            store.read(look).result()
    assert store.read(lambda conn: mailboxes.load_mailboxes(conn, [mailbox_id])).result() == []
    assert "a" not in _list_names(store, anne)
    monkeypatch.setattr(mailboxes, "MAX_MAILBOXES", 7)
    _create(store, anne, "b")


@pytest.mark.parametrize(("name", "fault"), [("INBOX", ReadOnly), ("a", HasChildren), ("none", NoSuchMailbox)])
def test_inbox_parents_and_the_unknown_are_not_deleted(
    store: Store, anne: Account, name: str, fault: type[Fault]
) -> None:
    _create(store, anne, "a/b")
    _create(store, anne, "a%b".replace("%", "_"))  # not a child of "a"
    with pytest.raises(fault):
        _delete(store, anne, name)
    _delete(store, anne, "a/b")
    if name == "a":
        _delete(store, anne, name)


def test_renaming_takes_children_along_and_keeps_identity(store: Store, anne: Account) -> None:
    old, child = _create(store, anne, "a"), _create(store, anne, "a/b")
    other = _create(store, anne, "ab/c")
    deliver_to(store, anne, build_message(), "a/b")
    renamed = _rename(store, anne, "a", "x/y")
    assert (renamed.id, renamed.uid_validity, renamed.name) == (old.id, old.uid_validity, "x/y")
    assert _find(store, anne, "x/y/b").id == child.id
    assert _find(store, anne, "x").id
    assert _find(store, anne, "ab/c").id == other.id
    assert list_uids(store, anne, "x/y/b") == [1]
    with pytest.raises(NoSuchMailbox):
        _find(store, anne, "a")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("a", "Sent", MailboxExists),
        ("a", "c", MailboxExists),
        ("a", "a", MailboxExists),
        ("a", "a/d", ReadOnly),
        ("a", "inbox", MailboxExists),
        ("INBOX", "d", ReadOnly),
        ("a", "x" * 256, ReadOnly),
        ("a", "/".join(["x" * 200] * 4 + ["y" * 194]), ReadOnly),  # it would fit, its child would not
        ("none", "d", NoSuchMailbox),
    ],
)
def test_a_rename_that_cannot_be_changes_nothing(
    store: Store, anne: Account, old: str, new: str, fault: type[Fault]
) -> None:
    for name in ("a", "a/b", "c/b", "a/" + "z" * 10):
        _create(store, anne, name)
    before = _list_names(store, anne)
    with pytest.raises(fault):
        _rename(store, anne, old, new)
    assert _list_names(store, anne) == before


def test_subscriptions_outlive_their_mailbox(store: Store, anne: Account) -> None:
    def subscribe(name: str, *, subscribed: bool) -> None:
        store.submit(lambda conn: mailboxes.subscribe(conn, anne.id, name, subscribed=subscribed)).result()

    _create(store, anne, "a")
    subscribe("a", subscribed=True)
    subscribe("a", subscribed=True)
    assert _find(store, anne, "a").subscribed
    _delete(store, anne, "a")
    names = store.read(lambda conn: mailboxes.list_subscriptions(conn, anne.id)).result()
    assert names == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "a"]
    subscribe("a", subscribed=False)
    subscribe("never", subscribed=False)
    assert "a" not in store.read(lambda conn: mailboxes.list_subscriptions(conn, anne.id)).result()


def test_an_account_cannot_fill_the_store_with_names(
    store: Store, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "MAX_MAILBOXES", 7)
    _create(store, anne, "seventh")
    with pytest.raises(OverQuota):
        _create(store, anne, "eighth")
    for name in ("s1", "INBOX"):
        store.submit(lambda conn, n=name: mailboxes.subscribe(conn, anne.id, n, subscribed=True)).result()  # type: ignore[misc]
    with pytest.raises(OverQuota):
        store.submit(lambda conn: mailboxes.subscribe(conn, anne.id, "s2", subscribed=True)).result()
