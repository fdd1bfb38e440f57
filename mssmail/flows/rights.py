"""Lists of rights for those who may administer a mailbox (RFC 4314): read, and changed with an entry in the journal."""

import asyncio
from collections.abc import Sequence

from mssmail.core.account import Account
from mssmail.core.clock import Clock
from mssmail.flows.ringing import Ringing
from mssmail.journal import Entry, Event
from mssmail.store import acl, places
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries


class RightsLists:
    """The lists of one store's mailboxes; see ``imap.backend.RightsStore``."""

    def __init__(self, store: Store, clock: Clock, ringing: Ringing) -> None:
        self._store, self._clock, self._ringing = store, clock, ringing

    async def list_acl(self, account: Account, name: str) -> Sequence[tuple[str, str]]:
        """See RightsStore."""
        found = await asyncio.wrap_future(self._store.read(lambda conn: acl.list_acl(conn, account, name)))
        return [(str(address), rights) for address, rights in found]

    async def is_owner(self, account: Account, name: str, identifier: str) -> bool:
        """See RightsStore."""
        return await asyncio.wrap_future(self._store.read(lambda conn: acl.is_owner(conn, account, name, identifier)))

    async def set_rights(
        self, account: Account, name: str, identifier: str, action: str, letters: str, *, trace_id: str = ""
    ) -> str:
        """See RightsStore."""
        now = self._clock()

        def change(conn: Connection) -> tuple[str, tuple[int, ...]]:
            mailbox_id = places.find_mailbox(conn, account, name, "a").id
            rights = acl.set_rights(conn, account, name, identifier, action, letters, now)
            facts = {"act": "imap setacl", "account": str(account.address), "mailbox": name, "grantee": identifier}
            append_entries(conn, (Entry(now, Event.ADMIN, trace_id, {**facts, "rights": rights}),))
            return rights, (mailbox_id,)

        return await self._ringing.write_names(account, name, change)
