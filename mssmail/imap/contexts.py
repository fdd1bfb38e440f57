"""Searches that go on: what comes to match and what ceases to is told by itself (RFC 5267 §4.3).

Asked by UPDATE in SEARCH's or SORT's RETURN. What leaves the mailbox is told before its EXPUNGE, while its number still
holds; what came or changed is asked anew, alone, and told after. Keys that compare with today are not asked again as
time goes by.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mssmail.core.mailbox import UID, SeqNum, compress
from mssmail.core.ordering import Criterion
from mssmail.core.search import And, SearchKey, UidRanges
from mssmail.imap.backend import MailStore
from mssmail.imap.view import View
from mssmail.imap.wire.context_responses import ContextUpdate
from mssmail.imap.wire.fetch_values import Item

MAX_CONTEXTS = 16  # of one session


@dataclass(slots=True)
class Context:
    """One search that goes on. ``results`` are in the order of the mailbox, or in that of ``criteria``."""

    tag: str
    key: SearchKey  # numbers, ``*`` and ``$`` already turned into UIDs
    is_uid: bool
    criteria: tuple[Criterion, ...] | None
    results: list[UID]
    updates: tuple[Item, ...] = ()  # what to tell of messages that come (RFC 5465 §7)

    def remove(self, numbers: Mapping[UID, int]) -> list[ContextUpdate]:
        """Take these out, told by the numbers they have; nothing when none was there."""
        gone = [uid for uid in self.results if uid in numbers]
        if not gone:
            return []
        entries: list[tuple[int, tuple[int, ...]]]
        if self.criteria is None:
            entries = [(0, tuple(sorted(self._name(uid, numbers) for uid in gone)))]
        else:  # from the end, so that each position is still right when the client comes to it
            places = [(place, uid) for place, uid in enumerate(self.results, 1) if uid in numbers]
            entries = [(place, (self._name(uid, numbers),)) for place, uid in reversed(places)]
        self.results = [uid for uid in self.results if uid not in numbers]
        return [ContextUpdate(self.tag, self.is_uid, "REMOVEFROM", tuple(entries))]

    def add(self, order: Sequence[UID], numbers: Mapping[UID, int]) -> list[ContextUpdate]:
        """Put in those of ``order``, which is all results as they now are, that are new."""
        known = set(self.results)
        places = [(place, uid) for place, uid in enumerate(order, 1) if uid not in known]
        self.results = list(order)
        if not places:
            return []
        entries: list[tuple[int, tuple[int, ...]]]
        if self.criteria is None:
            entries = [(0, tuple(self._name(uid, numbers) for _, uid in places))]
        else:
            entries = [(place, (self._name(uid, numbers),)) for place, uid in places]
        return [ContextUpdate(self.tag, self.is_uid, "ADDTO", tuple(entries))]

    def _name(self, uid: UID, numbers: Mapping[UID, int]) -> int:
        return uid if self.is_uid else numbers[uid]


class Contexts:
    """The searches of one selected mailbox that go on."""

    def __init__(self) -> None:
        self._contexts: dict[str, Context] = {}
        self._wanted: dict[UID, tuple[Item, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._contexts)

    def __contains__(self, tag: str) -> bool:
        """The search of this tag goes on."""
        return tag in self._contexts

    def begin(self, context: Context) -> bool:
        """Go on with it, whose tag is not in use; False when there are too many."""
        if len(self._contexts) >= MAX_CONTEXTS:
            return False
        self._contexts[context.tag] = context
        return True

    def cancel(self, tag: str) -> None:
        """Go on with it no longer; an unknown tag is nothing."""
        self._contexts.pop(tag, None)

    def take_out(self, leaving: Mapping[UID, SeqNum]) -> list[ContextUpdate]:
        """What to say of messages that are about to lose their numbers."""
        return [told for context in self._contexts.values() for told in context.remove(leaving)]

    def take_wanted(self) -> dict[UID, tuple[Item, ...]]:
        """What UPDATE wants of messages that came to match since this was asked last, whyever they did."""
        wanted, self._wanted = self._wanted, {}
        return wanted

    async def look_again(self, store: MailStore, view: View, uids: Sequence[UID]) -> list[ContextUpdate]:
        """What to say of messages that came or changed."""
        numbers = {uid: number for uid in uids if (number := view.find_number(uid)) is not None}
        told: list[ContextUpdate] = []
        if not numbers:
            return told
        ranges = UidRanges(tuple(compress(sorted(numbers))))
        for context in self._contexts.values():
            found = set(await store.search(view.mailbox_id, And((ranges, context.key))))
            told += context.remove({uid: number for uid, number in numbers.items() if uid not in found})
            fresh = found & set(numbers) - set(context.results)
            if context.updates:
                self._wanted |= {uid: (*self._wanted.get(uid, ()), *context.updates) for uid in fresh}
            if fresh:
                told += context.add(await _order(store, view, context, fresh), numbers)
        return told


async def _order(store: MailStore, view: View, context: Context, fresh: set[UID]) -> Sequence[UID]:
    everything = sorted(context.results) if context.criteria else list(context.results)
    for uid in fresh:
        insort(everything, uid)
    if not context.criteria:
        return everything
    return _keep_unheard(context.results, await store.sort(view.mailbox_id, everything, context.criteria))


def _keep_unheard(before: Sequence[UID], order: Sequence[UID]) -> list[UID]:
    """The order with what has gone, but which the client still counts, behind what it stood behind."""
    known, kept = set(order), list(order)
    for place, uid in enumerate(before):
        if uid not in known:
            kept.insert(kept.index(before[place - 1]) + 1 if place else 0, uid)
    return kept
