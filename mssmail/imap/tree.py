"""Everything that can be listed to an account: its mailboxes, those of others that it sees, its subscriptions."""

from collections.abc import Mapping
from dataclasses import dataclass

from mssmail.core.account import Account
from mssmail.core.mailbox import MailboxInfo
from mssmail.imap.backend import MailStore
from mssmail.imap.patterns import list_all_parents

NO_SELECT, NON_EXISTENT = "\\Noselect", "\\NonExistent"


@dataclass(frozen=True, slots=True)
class Tree:
    """The names of one moment."""

    mailboxes: Mapping[str, MailboxInfo]  # in the store's order: INBOX first
    subscribed: frozenset[str]
    parents: frozenset[str]  # of some mailbox

    def describe(self, name: str) -> tuple[str, ...]:
        """The attributes every form of LIST tells."""
        info = self.mailboxes.get(name)
        has_children = "\\HasChildren" if name in self.parents else "\\HasNoChildren"
        if info is None or "r" not in info.rights:  # there, perhaps, but nothing to SELECT (RFC 4314 §4)
            return (NO_SELECT, has_children)
        return (has_children, info.special_use) if info.special_use else (has_children,)


async def load_tree(store: MailStore, account: Account) -> Tree:
    """What there is now."""
    mailboxes = {info.name: info for info in await store.list_mailboxes(account)}
    subscribed = await store.list_subscriptions(account)
    return Tree(mailboxes, frozenset(subscribed), list_all_parents(mailboxes))
