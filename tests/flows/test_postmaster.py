from mssmail.core.account import AccountKind
from mssmail.core.address import parse_address
from mssmail.flows.postmaster import ensure_postmasters
from mssmail.journal import Event
from mssmail.store.accounts import find_account
from mssmail.store.aliases import add_targets
from mssmail.store.engine import Store
from mssmail.store.journal import read_entries
from tests.support.store import NOW, add_account

A, B, C = (parse_address(f"postmaster@{domain}.test") for domain in "abc")


async def test_a_postmaster_is_made_where_there_is_none_and_only_there(store: Store) -> None:
    add_account(store, "Postmaster@b.test")
    anne = add_account(store)
    store.submit(lambda conn: add_targets(conn, C, (anne.address,), NOW)).result()
    assert await ensure_postmasters(store, ("a.test", "b.test", "c.test"), NOW) == (A,)
    assert await ensure_postmasters(store, ("a.test", "b.test", "c.test"), NOW) == ()
    account = store.read(lambda conn: find_account(conn, A)).result()
    assert account is not None
    assert (account.kind, account.suspended) == (AccountKind.ORG, False)
    entries = [item.entry for item in store.read(read_entries).result()]
    assert [entry.facts["address"] for entry in entries if entry.event is Event.ADMIN] == ["postmaster@a.test"]
