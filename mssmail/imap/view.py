"""One client's picture of its selected mailbox: the sequence numbers, which only it knows (RFC 9051 §2.3.1.2).

The truth is the store's. A view holds what this client has been told, asks ``backend.changes`` what happened since,
and says what to tell it next. Sequence numbers move only when the client hears EXPUNGE, so a message that has gone
keeps its number until then (RFC 9051 §7.5.1).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, filterfalse
from typing import cast

from mssmail.core.mailbox import (
    STAR,
    UID,
    Changes,
    MessageMeta,
    ModSeq,
    Numbers,
    Saved,
    SeqNum,
    SeqSet,
    UIDSet,
    UIDValidity,
    compress,
    pack,
)
from mssmail.core.ranges import Range, find_gaps
from mssmail.core.rights import LETTERS
from mssmail.errors import NoSuchNumber

PORTION = 2_000  # messages told of at once: some milliseconds, in which nobody else is served


@dataclass(frozen=True, slots=True)
class Expunged:
    """The message that had this number has gone; those above it move down by one."""

    number: SeqNum
    uid: UID


@dataclass(frozen=True, slots=True)
class Grown:
    """There are now so many messages, and so many of them are recent to this session."""

    exists: int
    recent: int


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """Somebody else changed the flags of this message."""

    number: SeqNum
    meta: MessageMeta
    recent: bool


Update = Expunged | Grown | FlagsChanged


class View:
    """Sequence numbers ⇄ UIDs of one client; an array of UIDs, so 100 000 messages are 400 kB."""

    def __init__(self, mailbox_id: int, content: Changes, *, read_only: bool) -> None:
        self.mailbox_id = mailbox_id
        self.read_only = read_only
        self.modseq: ModSeq = content.modseq  # the client has been told everything up to here
        self.counted: ModSeq = content.modseq  # and up to here what came and went
        self.uid_validity = UIDValidity(0)
        self.settled: ModSeq = content.modseq  # and up to here what went: later than that it may have gone unheard
        self.was_behind = False  # and has said so
        self._uids = array("I", (meta.uid for meta in content.appeared))
        self.rights = LETTERS  # what this client may do here (RFC 4314 §2.1)
        self.is_shared = False  # somebody else's: the rights may change
        self.has_recent = True  # not for clients of IMAP4rev2
        self._recent = array("I", (meta.uid for meta in content.appeared if meta.recent))  # ascending
        self._gone: set[UID] = set()  # gone, but the client has not heard it yet
        self.saved: Sequence[int] = ()  # what ``$`` stands for (RFC 5182 §2.1)
        self._told: dict[UID, ModSeq] = {}  # changes of flags this client made or saw since ``modseq``
        self._last_fresh = self._uids[-1] if self._uids else 0

    def __len__(self) -> int:
        return len(self._uids)

    @property
    def recent_count(self) -> int:
        r"""How many messages are \Recent to this session."""
        return len(self._recent)

    @property
    def largest(self) -> UID:
        """The UID that ``*`` means: the last message that is still there; 0 when there is none."""
        return UID(next(filterfalse(self._gone.__contains__, reversed(self._uids)), 0))

    def is_recent(self, uid: UID) -> bool:
        r"""This session was the first to hear of the message (RFC 3501 §2.3.2)."""
        return self.has_recent and bool(self._recent) and self._recent[bisect_right(self._recent, uid) - 1] == uid

    def find_number(self, uid: UID) -> SeqNum | None:
        """The message's sequence number; None when this client does not know the message."""
        place = bisect_left(self._uids, uid)
        return SeqNum(place + 1) if place < len(self._uids) and self._uids[place] == uid else None

    def resolve(self, numbers: Numbers) -> list[UID]:
        """The UIDs meant, ascending. UIDs that are not here are no error (RFC 9051 §6.4.9); sequence numbers are."""
        if isinstance(numbers, Saved):
            return [uid for uid in map(UID, self.saved) if uid not in self._gone and self.find_number(uid) is not None]
        if isinstance(numbers, SeqSet):
            _refuse_beyond(numbers, len(self._uids))
            return _as_uids(chain.from_iterable(self._uids[low:high] for low, high in self._find_places(numbers)))
        return _as_uids(filterfalse(self._gone.__contains__, self._cut_uids(numbers)))

    def reaches_beyond(self, numbers: Numbers) -> bool:
        """It names UIDs that may belong to messages this client has not heard of."""
        last = self._uids[-1] if self._uids else 0
        return isinstance(numbers, UIDSet) and any(STAR in pair or max(pair) > last for pair in numbers.ranges)

    def find_ranges(self, numbers: Numbers) -> tuple[tuple[int, int], ...]:
        """The same as UID ranges, for SEARCH, where numbers beyond the mailbox just match nothing."""
        if isinstance(numbers, Saved):
            return tuple(compress(self.saved))
        if isinstance(numbers, UIDSet):
            return numbers.resolve(self.largest)
        places = ((low, min(high, len(self._uids))) for low, high in self._find_places(numbers))
        return tuple((self._uids[low], self._uids[high - 1]) for low, high in places if low < high)

    def count_up_to(self, uid: UID) -> int:
        """How many messages of this client's have this UID or a lower one."""
        return bisect_right(self._uids, uid)

    def number_known(self, uids: Sequence[UID]) -> Sequence[SeqNum]:
        """The sequence numbers of those of these UIDs that this client counts, in their order."""
        if uids == self._uids:  # as after a search for all of them
            return cast("Sequence[SeqNum]", pack(range(1, len(self) + 1)))
        numbers = self.find_numbers(uids)
        return pack(numbers[uid] for uid in uids if uid in numbers)

    def find_numbers(self, uids: Sequence[UID]) -> Mapping[UID, SeqNum]:
        """The sequence numbers of these UIDs, perhaps also of others; none of those this client does not know."""
        low = bisect_left(self._uids, min(uids, default=0))
        high = bisect_right(self._uids, max(uids, default=0))
        if len(uids) * 16 < high - low:  # few are looked up one by one
            return {uid: number for uid in uids if (number := self.find_number(uid)) is not None}
        numbers = dict(zip(self._uids[low:high], range(low + 1, high + 1), strict=True))
        return cast("Mapping[UID, SeqNum]", numbers)

    def list_uids(self) -> list[UID]:
        """All that this client counts, ascending; what has gone unheard among them."""
        return _as_uids(self._uids)

    def select_known(self, uids: Sequence[UID]) -> Sequence[UID]:
        """Those of these UIDs that this client counts, in their order."""
        if uids == self._uids:
            return uids
        if len(uids) * 16 < len(self._uids):  # few are looked up one by one
            return [uid for uid in uids if self.find_number(uid) is not None]
        known = set(self._uids)
        return [uid for uid in uids if uid in known]

    def leave_out(self, ranges: Iterable[Range]) -> tuple[Range, ...]:
        """The ranges without the UIDs that this client counts: of those it hears when they are expunged."""
        kept: list[Range] = []
        for low, high in ranges:
            known = self._uids[bisect_left(self._uids, low) : bisect_right(self._uids, high)]
            kept += ((first + low - 1, last + low - 1) for first, last in find_gaps(_shift(known, low), high - low + 1))
        return tuple(kept)

    def find_recent(self) -> tuple[tuple[int, int], ...]:
        r"""UID ranges of the messages \Recent to this session."""
        return tuple(compress(self._recent))

    def note_told(self, meta: MessageMeta) -> None:
        """The client knows this state of the flags: do not tell it again."""
        self._told[meta.uid] = meta.modseq

    def describe(self, metas: Iterable[MessageMeta]) -> Iterator[FlagsChanged]:
        """The flags of these messages as the client is told them now; of what it does not know, or has gone, none."""
        for meta in metas:
            number = None if meta.uid in self._gone else self.find_number(meta.uid)
            if number is not None:
                self.note_told(meta)
                yield FlagsChanged(number, meta, self.is_recent(meta.uid))

    def has_heard(self, uid: UID, modseq: ModSeq) -> bool:
        """The client knows the state that the message had at this ModSeq."""
        return modseq <= self.modseq or modseq <= self._told.get(uid, -1)

    def find_since(self, *, has_flags: bool) -> ModSeq:
        """From where on to ask for changes; ``has_flags`` as for ``catch_up``."""
        return self.modseq if has_flags else self.counted

    def catch_up(self, changes: Changes, *, may_expunge: bool, has_flags: bool = True) -> list[Update]:
        """What to tell the client now. Gone messages wait while ``may_expunge`` is False (RFC 9051 §7.5.1).

        Without ``has_flags`` it does not want to hear of flags: they wait until it does.
        """
        self.note_removed(changes.vanished)
        updates: list[Update] = self.release(may_expunge=may_expunge)
        updates += self._grow(changes)
        if has_flags:
            updates += self._list_changed((*changes.appeared, *changes.flags))
            if changes.modseq > self.modseq:
                self._told = {uid: modseq for uid, modseq in self._told.items() if modseq > changes.modseq}
        if has_flags or (self.modseq == self.counted and not changes.flags):  # nothing was held back
            self.modseq = changes.modseq
        self.counted = changes.modseq
        if not self._gone:
            self.settled = self.modseq
        return updates

    def split(self, changes: Changes) -> Iterator[Changes]:
        """The changes a PORTION of messages at a time, for ``catch_up``; only the last moves the clock."""
        if len(changes.appeared) + len(changes.flags) <= PORTION:
            yield changes
            return
        yield replace(changes, appeared=(), flags=(), modseq=self.modseq)
        gone = set(changes.vanished)
        appeared = tuple(meta for meta in changes.appeared if meta.uid not in gone)
        for start in range(0, len(appeared), PORTION):
            yield Changes(appeared[start : start + PORTION], (), (), self.modseq)
        for start in range(0, len(changes.flags), PORTION):
            yield Changes((), changes.flags[start : start + PORTION], (), self.modseq)
        yield Changes((), (), (), changes.modseq)

    def note_removed(self, uids: Iterable[UID]) -> None:
        """These are gone, whether the client has heard it or not."""
        self._gone.update(uid for uid in uids if self.find_number(uid) is not None)

    def release(self, *, may_expunge: bool) -> list[Update]:
        """What to tell of messages that are gone, and of nothing else."""
        return list(self._release_gone()) if may_expunge else []

    @property
    def is_behind(self) -> bool:
        """The client has not heard all that happened up to the ModSeqs it may be told."""
        return self.settled < self.counted

    @property
    def has_gone(self) -> bool:
        """Messages are gone and the client has not heard it."""
        return bool(self._gone)

    def take_fresh(self) -> list[UID]:
        """Messages the client has been told to be there since this was asked last."""
        fresh = _as_uids(self._uids[bisect_right(self._uids, self._last_fresh) :])
        if fresh:
            self._last_fresh = fresh[-1]
        return fresh

    def find_leaving(self, vanished: Iterable[UID]) -> dict[UID, SeqNum]:
        """The messages that an EXPUNGE told now would take, with the numbers they still have."""
        numbers = {uid: self.find_number(uid) for uid in (*self._gone, *vanished)}
        return {uid: number for uid, number in numbers.items() if number is not None}

    def _release_gone(self) -> Iterator[Expunged]:
        """Highest number first: each is still right when the client reads it."""
        if not self._gone:
            return
        numbers = sorted(((number, uid) for uid in self._gone if (number := self.find_number(uid))), reverse=True)
        self._uids = array("I", filterfalse(self._gone.__contains__, self._uids))
        self._recent = array("I", filterfalse(self._gone.__contains__, self._recent))
        self._gone = set()
        yield from (Expunged(number, uid) for number, uid in numbers)

    def _grow(self, changes: Changes) -> Iterator[Grown]:
        last = self._uids[-1] if self._uids else 0
        gone = set(changes.vanished)
        fresh = [meta for meta in changes.appeared if meta.uid > last and meta.uid not in gone]
        if not fresh:
            return
        self._uids.extend(meta.uid for meta in fresh)
        self._recent.extend(meta.uid for meta in fresh if meta.recent)
        self._told.update((meta.uid, meta.modseq) for meta in fresh)  # the client will ask for their flags
        yield Grown(len(self._uids), len(self._recent))

    def _list_changed(self, metas: Iterable[MessageMeta]) -> Iterator[FlagsChanged]:
        for meta in metas:
            if self._told.get(meta.uid, -1) >= meta.modseq or meta.uid in self._gone:
                continue
            number = self.find_number(meta.uid)
            if number is None:
                continue
            yield FlagsChanged(number, meta, self.is_recent(meta.uid))

    def _find_places(self, numbers: SeqSet) -> Iterator[tuple[int, int]]:
        """Half-open ranges of places in the array."""
        for low, high in numbers.resolve(len(self._uids)):
            yield max(low, 1) - 1, high

    def _cut_uids(self, numbers: UIDSet) -> Iterator[int]:
        for low, high in numbers.resolve(self.largest):
            yield from self._uids[bisect_left(self._uids, low) : bisect_right(self._uids, high)]


def _as_uids(uids: Iterable[int]) -> list[UID]:
    return cast("list[UID]", list(uids))  # calling UID for each would take several times as long


def _shift(uids: Iterable[int], first: int) -> Iterator[int]:
    """Counted from 1 at ``first``."""
    return (uid - first + 1 for uid in uids)


def _refuse_beyond(numbers: SeqSet, count: int) -> None:
    """RFC 3501 §9 (seq-number) would have BAD for ``*`` in an empty mailbox too, and for ``9:*`` beyond the end.

    We answer those as matching what there is: clients send them in good faith, the second after another session's
    expunge that they were just told of.
    """
    for pair in numbers.ranges:
        if STAR not in pair and max(pair) > count:
            raise NoSuchNumber("a sequence number beyond the mailbox")
