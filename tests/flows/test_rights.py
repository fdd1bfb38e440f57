"""Lists of rights, changed with an entry in the journal."""

from datetime import UTC, datetime

import pytest

from mssmail.errors import BadAccount, NoSuchAccount, NoSuchMailbox, ReadOnly
from mssmail.flows.bell import Bells
from mssmail.flows.rights import RightsLists
from mssmail.flows.ringing import Ringing
from mssmail.journal import Event
from mssmail.store.engine import Store
from mssmail.store.journal import read_entries
from tests.support.store import add_account

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def test_a_change_and_its_entry_are_one(store: Store) -> None:
    anne, bob = add_account(store, "anne@a.test"), add_account(store, "bob@a.test")
    lists = RightsLists(store, lambda: NOW, Ringing(store, Bells()))
    assert await lists.set_rights(anne, "INBOX", "bob@a.test", "", "lr", trace_id="s1") == "lr"
    assert await lists.list_acl(anne, "INBOX") == [("anne@a.test", "lrswipkxtea"), ("bob@a.test", "lr")]
    entries = store.read(lambda conn: read_entries(conn, event=Event.ADMIN)).result()
    assert [(kept.entry.at, kept.entry.trace_id, dict(kept.entry.facts)) for kept in entries] == [
        (
            NOW,
            "s1",
            {
                "act": "imap setacl",
                "account": "anne@a.test",
                "mailbox": "INBOX",
                "grantee": "bob@a.test",
                "rights": "lr",
            },
        )
    ]
    with pytest.raises(ReadOnly):
        await lists.list_acl(bob, "Other Users/anne@a.test")


async def test_what_cannot_be_changed_leaves_no_entry(store: Store) -> None:
    anne = add_account(store, "anne@a.test")
    lists = RightsLists(store, lambda: NOW, Ringing(store, Bells()))
    for name, identifier, fault in (
        ("nowhere", "anne@a.test", NoSuchMailbox),
        ("INBOX", "anne@a.test", ReadOnly),
        ("INBOX", "bob@a.test", NoSuchAccount),
        ("INBOX", "anyone", BadAccount),
    ):
        with pytest.raises(fault):
            await lists.set_rights(anne, name, identifier, "", "lr")
    assert await lists.is_owner(anne, "INBOX", "ANNE@a.test")
    assert store.read(lambda conn: read_entries(conn, event=Event.ADMIN)).result() == []
