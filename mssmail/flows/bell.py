"""Bells: whoever shows a mailbox hears that something may have changed; what it is, the store is asked."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from mssmail.core.annotation import ChangedEntries
from mssmail.flows.herald import Herald

MAX_FOLLOWED = 200_000
"""Mailboxes that all heralds together may hear of: half a kilobyte each, so that nobody fills the memory by NOTIFY."""

_NO_ORIGINS: Mapping[int, int] = MappingProxyType({})


class MailboxBell:
    """One listener's bell; satisfies ``imap.backend.Bell``. A ring while nobody waits is not lost."""

    def __init__(self, forget: Callable[["MailboxBell"], None]) -> None:
        self._rung = asyncio.Event()
        self._forget = forget

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """True when it rang since the last wait, False after the time-out."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def ring(self, _mailbox_id: int) -> None:
        """Wake the listener, now or at its next wait."""
        self._rung.set()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        self._forget(self)


class Bells:
    """The bells of one process. All but those that ring ``soon`` belong to the event loop's thread."""

    def __init__(self) -> None:
        # Nearly all have one listener or two: a tuple is a quarter of a set.
        self._listening: dict[int, tuple[MailboxBell | Herald, ...]] = {}
        self._heralds: dict[int, tuple[Herald, ...]] = {}  # by the account whose names they watch
        self._followed = 0

    @property
    def listeners(self) -> int:
        """How many mailboxes and accounts are listened to; 0: nobody would hear."""
        return len(self._listening) + len(self._heralds)

    def listen(self, mailbox_id: int) -> MailboxBell:
        """A bell for this mailbox; close it when done."""
        bell = MailboxBell(lambda gone: self._forget(mailbox_id, gone))
        self._listening[mailbox_id] = (*self._listening.get(mailbox_id, ()), bell)
        return bell

    def follow(self, account_id: int) -> Herald:
        """A herald for the names this account sees, and for the mailboxes it is told to follow; close it when done."""
        herald = Herald(self._enter, self._leave, lambda gone: self._dismiss(account_id, gone))
        self._heralds[account_id] = (*self._heralds.get(account_id, ()), herald)
        return herald

    def ring(self, *mailbox_ids: int) -> None:
        """Something may have changed in these mailboxes."""
        for mailbox_id in mailbox_ids:
            for bell in self._listening.get(mailbox_id, ()):
                bell.ring(mailbox_id)

    def ring_names(self, account_ids: Iterable[int], origins: Mapping[int, int] = _NO_ORIGINS) -> None:
        """Something may have changed among the mailboxes that these accounts see; ``origins`` as in ``Rung``."""
        for account_id in account_ids:
            for herald in self._heralds.get(account_id, ()):
                herald.ring_names(origins)

    def ring_annotations(
        self, account_ids: Iterable[int], mailbox_id: int, entries: Collection[str], maker: object = None
    ) -> None:
        """Entries changed that these accounts may see; the herald of who made the change hears nothing."""
        for account_id in account_ids:
            for herald in self._heralds.get(account_id, ()):
                if herald is not maker:
                    herald.ring_annotations(mailbox_id, entries)

    def ring_all(self) -> None:
        """Anything may have changed: somebody wrote whom we do not hear."""
        self.ring(*self._listening)
        for heralds in self._heralds.values():
            for herald in heralds:
                herald.ring_all()

    def ring_soon(self, loop: asyncio.AbstractEventLoop, mailbox_ids: Iterable[int]) -> None:
        """``ring`` from any thread; silent when the loop has ended and nobody can listen any more."""
        _call_soon(loop, lambda: self.ring(*mailbox_ids))

    def ring_names_soon(
        self, loop: asyncio.AbstractEventLoop, account_ids: Iterable[int], origins: Mapping[int, int] = _NO_ORIGINS
    ) -> None:
        """``ring_names`` from any thread, likewise."""
        _call_soon(loop, lambda: self.ring_names(account_ids, origins))

    def ring_annotations_soon(
        self, loop: asyncio.AbstractEventLoop, changed: Iterable[ChangedEntries], maker: object = None
    ) -> None:
        """``ring_annotations`` from any thread, likewise."""

        def ring() -> None:
            for each in changed:
                self.ring_annotations(each.audience, each.mailbox_id, each.entries, maker)

        _call_soon(loop, ring)

    def _enter(self, mailbox_id: int, herald: Herald) -> bool:
        if self._followed >= MAX_FOLLOWED:
            return False
        self._followed += 1
        self._listening[mailbox_id] = (*self._listening.get(mailbox_id, ()), herald)
        return True

    def _leave(self, mailbox_id: int, herald: Herald) -> bool:
        self._followed -= 1
        self._forget(mailbox_id, herald)
        return True

    def _dismiss(self, account_id: int, herald: Herald) -> None:
        left = tuple(each for each in self._heralds.get(account_id, ()) if each is not herald)
        if left:
            self._heralds[account_id] = left
        else:
            self._heralds.pop(account_id, None)

    def _forget(self, mailbox_id: int, bell: MailboxBell | Herald) -> None:
        left = tuple(each for each in self._listening.get(mailbox_id, ()) if each is not bell)
        if left:
            self._listening[mailbox_id] = left
        else:
            self._listening.pop(mailbox_id, None)


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        if not loop.is_closed():
            raise
