"""Bells: whoever shows a mailbox hears that something may have changed; what it is, the store is asked."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable


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

    def ring(self) -> None:
        """Wake the listener, now or at its next wait."""
        self._rung.set()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        self._forget(self)


class Bells:
    """The bells of one process. All but ``ring_soon`` belong to the event loop's thread."""

    def __init__(self) -> None:
        self._listening: defaultdict[int, set[MailboxBell]] = defaultdict(set)

    def listen(self, mailbox_id: int) -> MailboxBell:
        """A bell for this mailbox; close it when done."""
        bell = MailboxBell(lambda gone: self._forget(mailbox_id, gone))
        self._listening[mailbox_id].add(bell)
        return bell

    def ring(self, *mailbox_ids: int) -> None:
        """Something may have changed in these mailboxes."""
        for mailbox_id in mailbox_ids:
            for bell in self._listening.get(mailbox_id, ()):
                bell.ring()

    def ring_soon(self, loop: asyncio.AbstractEventLoop, mailbox_ids: Iterable[int]) -> None:
        """The same from any thread; silent when the loop has ended and nobody can listen any more."""
        try:
            loop.call_soon_threadsafe(self.ring, *mailbox_ids)
        except RuntimeError:
            if not loop.is_closed():
                raise

    def _forget(self, mailbox_id: int, bell: MailboxBell) -> None:
        bells = self._listening.get(mailbox_id, set())
        bells.discard(bell)
        if not bells:
            self._listening.pop(mailbox_id, None)
