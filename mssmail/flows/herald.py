"""A herald hears for one session of many mailboxes, and of the names of one account's: which rang is remembered."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

MAX_ENTRIES = 1_000
"""Entries that one herald remembers until somebody takes them: a client that reads slowly cannot hold memory."""

Register = Callable[[int, "Herald"], bool]


@dataclass(frozen=True, slots=True)
class Rung:
    """What rang. ``has_names``: a mailbox came, went, was renamed, (un)subscribed, opened or closed to the account.

    ``origins``: new mailboxes that took over what was in another (RENAME of INBOX), by their ids. ``annotations``:
    entries that changed, by the mailbox they are of, 0 being the server.
    """

    mailboxes: frozenset[int] = frozenset()
    has_names: bool = False
    has_all: bool = False  # anything may have changed
    origins: Mapping[int, int] = field(default_factory=dict)
    annotations: Mapping[int, frozenset[str]] = field(default_factory=dict)
    is_full: bool = False  # more entries changed than we remember


class Herald:
    """Satisfies ``imap.backend.Herald``. Made by ``Bells.follow``."""

    def __init__(self, enter: Register, leave: Register, close: Callable[["Herald"], None]) -> None:
        self._enter, self._leave, self._close = enter, leave, close
        self._event = asyncio.Event()
        self._followed: set[int] = set()
        self._mailboxes: set[int] = set()
        self._origins: dict[int, int] = {}
        self._annotations: dict[int, set[str]] = {}
        self._is_full = False
        self._has_names = self._has_all = False

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """True when there is something to take, False after the time-out."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True

    def follow(self, mailbox_ids: Iterable[int]) -> bool:
        """Hear of these too; False when all heralds together hear of too many."""
        for mailbox_id in mailbox_ids:
            if mailbox_id in self._followed:
                continue
            if not self._enter(mailbox_id, self):
                return False
            self._followed.add(mailbox_id)
        return True

    def ignore(self, mailbox_ids: Iterable[int]) -> None:
        """Hear no more of these."""
        for mailbox_id in mailbox_ids:
            if mailbox_id in self._followed:
                self._followed.remove(mailbox_id)
                self._leave(mailbox_id, self)

    def take(self) -> Rung:
        """What rang since the last time."""
        annotations = {mailbox_id: frozenset(entries) for mailbox_id, entries in self._annotations.items()}
        rung = Rung(
            frozenset(self._mailboxes), self._has_names, self._has_all, dict(self._origins), annotations, self._is_full
        )
        self._mailboxes.clear()
        self._origins.clear()
        self._annotations.clear()
        self._is_full = False
        self._has_names = self._has_all = False
        self._event.clear()
        return rung

    def ring(self, mailbox_id: int) -> None:
        """Something may have changed in this mailbox."""
        self._mailboxes.add(mailbox_id)
        self._event.set()

    def ring_names(self, origins: Mapping[int, int]) -> None:
        """Something may have changed among the names."""
        self._has_names = True
        self._origins.update(origins)
        self._event.set()

    def ring_annotations(self, mailbox_id: int, entries: Iterable[str]) -> None:
        """These entries of a mailbox, or with 0 of the server, have changed."""
        if sum(map(len, self._annotations.values())) >= MAX_ENTRIES:
            self._is_full = True
        else:
            self._annotations.setdefault(mailbox_id, set()).update(entries)
        self._event.set()

    def ring_all(self) -> None:
        """Anything may have changed."""
        self._has_all = True
        self._event.set()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        self.ignore(list(self._followed))
        self._close(self)
