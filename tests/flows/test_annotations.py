"""Annotations over a store, from several tasks at once."""

import asyncio

from mssmail.core.annotation import Annotation
from mssmail.flows.annotations import Annotations
from mssmail.flows.bell import Bells
from mssmail.store.engine import Store
from tests.support.store import add_account


async def test_changes_at_the_same_time_are_all_there_afterwards(store: Store) -> None:
    anne, annotations = add_account(store), Annotations(store, Bells())
    changes = [Annotation(f"/shared/{number}", b"%d" % number) for number in range(20)]
    await asyncio.gather(*(annotations.change(anne, "INBOX", (each,)) for each in changes))
    name, found = await annotations.load(anne, "inbox")
    assert name == "INBOX"
    assert set(found) == set(changes)
