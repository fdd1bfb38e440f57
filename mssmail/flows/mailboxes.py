"""The mailboxes of signed-in accounts, as ``imap.backend.MailStore`` wants them: store, bells and clock together.

Reads are short and each on its own snapshot. A write is handed to the store's writer and rings its bells from there: a
client that hangs up, and a session that is cancelled, stop neither.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from mssmail.core.account import Account
from mssmail.core.clock import Clock
from mssmail.core.envelope import Peer
from mssmail.core.mailbox import (
    CHANGES_AT_A_TIME,
    EXPUNGED_AT_A_TIME,
    UID,
    Appended,
    Changes,
    Column,
    Draft,
    MailboxInfo,
    MessageMeta,
    MessageRow,
    ModSeq,
    Quota,
    Report,
    StoreAction,
    ViewLayout,
    compress,
    ignore,
    pack,
)
from mssmail.core.message import Span
from mssmail.core.ordering import Criterion, ThreadAlgorithm
from mssmail.core.ranges import Range
from mssmail.core.rights import LETTERS, may_change
from mssmail.core.search import SearchKey
from mssmail.core.threads import Forest
from mssmail.flows.annotations import Annotations
from mssmail.flows.bell import Bells, MailboxBell
from mssmail.flows.herald import Herald
from mssmail.flows.previews import Previews
from mssmail.flows.rights import RightsLists
from mssmail.flows.ringing import Ringing
from mssmail.flows.searching import IsGone, Searching
from mssmail.flows.sign_in import SignIn
from mssmail.flows.uploads import Scan, Uploads, require_room
from mssmail.journal import Entry, Event
from mssmail.store import changes as store_changes
from mssmail.store import mailboxes as tree
from mssmail.store import places, rows, transfers
from mssmail.store.accounts import find_quota
from mssmail.store.annotations import copy_annotations
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.layouts import find_layout
from mssmail.store.pages import find_following, find_page_size, load_page
from mssmail.store.vanished import list_vanished

T = TypeVar("T")

_log = logging.getLogger(__name__)
_MAX_IDS = 500  # in one statement
_MAX_NOTES = 64  # entries about reading on their way to the disk
CHANGES_IN_A_ROW = 4  # operations of one STORE that share a commit


class Mailboxes:
    """See ``imap.backend.MailStore``, which says what each method promises."""

    def __init__(
        self,
        store: Store,
        bells: Bells,
        clock: Clock,
        scan: Scan,
        sign_in: SignIn,
        *,
        max_message_bytes: int = 52_428_800,
    ) -> None:
        self._store = store
        self._bells = bells
        self._clock = clock
        self._sign_in = sign_in
        self._ringing = Ringing(store, bells)
        self._uploads = Uploads(store, clock, scan, max_message_bytes, self._write)
        self.rights = RightsLists(store, clock, self._ringing)
        self.annotations = Annotations(store, bells)
        self._moving: set[asyncio.Task[None]] = set()  # INBOXes that are being renamed
        self._notes: deque[Future[None]] = deque()
        self._searching = Searching(store, clock)
        self._previews = Previews(store)

    async def login(self, user: str, password: str, peer: Peer, mechanism: str, *, trace_id: str = "") -> Account:
        """See MailStore."""
        return await self._sign_in.sign_in(user, password, peer, mechanism, trace_id=trace_id)

    async def list_mailboxes(self, account: Account) -> Sequence[MailboxInfo]:
        """See MailStore."""
        return await self._read(lambda conn: places.list_mailboxes(conn, account))

    async def list_subscriptions(self, account: Account) -> Sequence[str]:
        """See MailStore."""
        return await self._read(lambda conn: tree.list_subscriptions(conn, account.id))

    async def find_mailbox(self, account: Account, name: str, *, counts: bool = False, needs: str = "l") -> MailboxInfo:
        """See MailStore."""
        return await self._read(lambda conn: places.find_mailbox(conn, account, name, needs, counts=counts))

    async def create_mailbox(self, account: Account, name: str, special_use: str = "") -> MailboxInfo:
        """See MailStore."""
        now = self._clock()
        return await self._ringing.write_names(
            account, name, lambda conn: (places.create_mailbox(conn, account, name, special_use, now), ())
        )

    async def delete_mailbox(self, account: Account, name: str) -> None:
        """See MailStore. Whoever has it open is rung, and finds it gone; what it held is removed behind the commits."""

        def delete(conn: Connection) -> tuple[None, tuple[int, ...]]:
            return None, (places.delete_mailbox(conn, account, name),)

        await self._ringing.write_names(account, name, delete)

    async def rename_mailbox(self, account: Account, old: str, new: str) -> None:
        """See MailStore. A client that hangs up does not keep half of INBOX from following the other."""
        if old.upper() == tree.INBOX:
            moving = asyncio.create_task(self._move_inbox(account, new))
            self._moving.add(moving)
            moving.add_done_callback(self._moving.discard)
            await asyncio.shield(moving)
            return
        now = self._clock()
        await self._ringing.write_names(
            account, old, lambda conn: (None, (places.rename_mailbox(conn, account, old, new, now).id,))
        )

    async def _move_inbox(self, account: Account, new: str) -> None:
        """INBOX stays, what is in it goes (RFC 9051 §6.3.6): in steps, each message wholly or not at all."""
        now = self._clock()

        def begin(conn: Connection) -> tuple[tuple[int, int, Sequence[UID]], tuple[int, ...]]:
            inbox = tree.find_mailbox(conn, account.id, tree.INBOX)
            target = places.create_for_inbox(conn, account, new, now)
            copy_annotations(conn, inbox.id, target.id)
            return (inbox.id, target.id, store_changes.list_changed(conn, inbox.id, ModSeq(0))), (inbox.id, target.id)

        inbox_id, target_id, uids = await self._ringing.write_names(account, tree.INBOX, begin)
        for page in rows.cut_pages(uids, CHANGES_AT_A_TIME):
            await self._write(
                lambda conn, page=page: transfers.move_rows(conn, inbox_id, page, target_id, now),  # type: ignore[misc]
                lambda _: (inbox_id, target_id),
            )

    async def subscribe(self, account: Account, name: str, *, subscribed: bool) -> None:
        """See MailStore."""
        await self._ringing.write_own_names(
            account, lambda conn: tree.subscribe(conn, account.id, name, subscribed=subscribed)
        )

    async def open_mailbox(self, account: Account, name: str, *, read_only: bool) -> tuple[MailboxInfo, Changes]:
        """See MailStore."""

        def look(conn: Connection) -> tuple[MailboxInfo, range]:
            info = places.find_mailbox(conn, account, name, "r")
            return info, store_changes.find_recent(conn, info.id)

        seen, recent = await self._read(look)
        if recent and not read_only and may_change(seen.rights):
            recent = await self._write(lambda conn: store_changes.claim_recent(conn, seen.id))
        info, content = await self._read(lambda conn: store_changes.load_all(conn, seen.id, recent))
        shown = replace(info, name=seen.name, rights=seen.rights, is_shared=seen.is_shared)
        return shown if seen.is_shared else info, content

    async def load_readable(self, account: Account, mailbox_ids: Sequence[int]) -> Sequence[MailboxInfo]:
        """See MailStore."""
        pages = [mailbox_ids[start : start + _MAX_IDS] for start in range(0, len(mailbox_ids), _MAX_IDS)]
        found = [await self._read(lambda conn, page=page: places.load_readable(conn, account, page)) for page in pages]  # type: ignore[misc]
        return [info for page in found for info in page]

    async def find_rights(self, account: Account, mailbox_id: int) -> str:
        """See MailStore."""
        return await self._read(lambda conn: places.find_rights_by_id(conn, account, mailbox_id))

    async def changes(self, mailbox_id: int, since: ModSeq, *, claim_recent: bool = False) -> Changes:
        """See MailStore."""
        found, recent = await self._read(
            lambda conn: (
                store_changes.load_changes(conn, mailbox_id, since),
                store_changes.find_recent(conn, mailbox_id),
            )
        )
        if not (claim_recent and recent and found.appeared):
            return found
        claimed = await self._write(lambda conn: store_changes.claim_recent(conn, mailbox_id))
        return await self._read(lambda conn: store_changes.load_changes(conn, mailbox_id, since, claimed))

    async def list_changed(self, mailbox_id: int, since: ModSeq) -> Sequence[UID]:
        """See MailStore."""
        return await self._read(lambda conn: store_changes.list_changed(conn, mailbox_id, since))

    async def list_vanished(self, mailbox_id: int, since: ModSeq) -> Sequence[Range]:
        """See MailStore."""
        return await self._read(lambda conn: list_vanished(conn, mailbox_id, since))

    async def find_highest_modseq(self, mailbox_id: int, uids: Sequence[UID]) -> ModSeq:
        """See MailStore."""
        highest = ModSeq(0)
        for page in rows.cut_pages(uids):
            found = await self._read(lambda conn, page=page: store_changes.find_highest_modseq(conn, mailbox_id, page))  # type: ignore[misc]
            highest = max(highest, found)
        return highest

    def listen(self, mailbox_id: int) -> MailboxBell:
        """See MailStore."""
        return self._bells.listen(mailbox_id)

    def follow(self, account: Account) -> Herald:
        """See MailStore."""
        return self._bells.follow(account.id)

    async def load_rows(
        self, mailbox_id: int, uids: Sequence[UID], columns: frozenset[Column]
    ) -> AsyncIterator[Sequence[MessageRow]]:
        """See MailStore."""
        ordered, size = pack(sorted(set(uids))), find_page_size(columns)

        def begin(start: int) -> Future[Sequence[MessageRow]]:
            page = list(ordered[start : start + size])
            return self._store.read(lambda conn: load_page(conn, mailbox_id, page, columns))

        place, ahead = 0, begin(0)
        while place < len(ordered):
            found = await asyncio.wrap_future(ahead)
            place = find_following(ordered, place, size, found)
            if place < len(ordered):
                ahead = begin(place)  # the next page is read while this one is being sent
            if found:
                yield found

    async def make_previews(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        """See MailStore."""
        return await self._previews.make(message_ids)

    async def load_layout(self, mailbox_id: int, uid: UID) -> ViewLayout | None:
        """See MailStore."""
        return await self._read(lambda conn: find_layout(conn, mailbox_id, uid))

    async def read_message(self, message_id: int, span: Span) -> bytes:
        """See MailStore."""
        return await asyncio.wrap_future(self._store.read_body(message_id, span))

    async def note_read(self, account: Account, mailbox_id: int, uids: Sequence[UID], *, trace_id: str = "") -> None:
        """See MailStore."""
        shown = ",".join(f"{low}:{high}" if low != high else str(low) for low, high in compress(sorted(uids)))
        facts = {"account": str(account.address), "mailbox_id": mailbox_id, "uids": shown}
        entry = Entry(self._clock(), Event.FETCHED, trace_id, facts)
        while self._notes and self._notes[0].done():
            self._notes.popleft()
        if len(self._notes) >= _MAX_NOTES:  # a disk that is late slows readers down
            await asyncio.gather(asyncio.wrap_future(self._notes.popleft()), return_exceptions=True)
        note = self._store.submit(lambda conn: append_entries(conn, (entry,)))
        note.add_done_callback(lambda done: _tell(done, entry))
        self._notes.append(note)

    async def store_flags(
        self,
        mailbox_id: int,
        uids: Sequence[UID],
        action: StoreAction,
        flags: frozenset[str],
        *,
        unchanged_since: ModSeq | None = None,
        rights: str = LETTERS,
        report: Report = ignore,
    ) -> Sequence[MessageMeta]:
        """See MailStore."""
        change = rows.FlagChange(action, flags, unchanged_since, rights)

        def store(page: Sequence[UID]) -> Awaitable[Sequence[MessageMeta]]:
            return self._ringing.submit(
                lambda conn: rows.store_flags(conn, mailbox_id, page, change), lambda _: (mailbox_id,)
            )

        pages = list(rows.cut_pages(uids, CHANGES_AT_A_TIME))
        metas: list[MessageMeta] = []
        for first in range(0, len(pages), CHANGES_IN_A_ROW):
            group = pages[first : first + CHANGES_IN_A_ROW]
            metas += [meta for done in await asyncio.gather(*map(store, group)) for meta in done]
            report(first * CHANGES_AT_A_TIME + sum(map(len, group)))
        return metas

    async def expunge(self, mailbox_id: int, uids: Sequence[UID] | None, report: Report = ignore) -> Sequence[UID]:
        """See MailStore."""
        gone: list[UID] = []
        if uids is not None:
            for page in rows.cut_pages(uids, EXPUNGED_AT_A_TIME):
                gone += await self._expunge(mailbox_id, page)
                report(len(gone))
            return gone
        while True:
            went = await self._expunge(mailbox_id, None)
            gone += went
            report(len(gone))
            if len(went) < EXPUNGED_AT_A_TIME:
                return gone

    async def copy(self, account: Account, mailbox_id: int, uids: Sequence[UID], target: str) -> Appended:
        """See MailStore."""
        now = self._clock()

        def copy(conn: Connection) -> tuple[int, Appended]:
            places.find_owner(conn, mailbox_id)  # somebody may have deleted it meanwhile
            owner_id, info = places.find_target(conn, account, target)
            require_room(conn, owner_id, transfers.measure_rows(conn, mailbox_id, uids))
            copied = transfers.copy_rows(conn, mailbox_id, uids, info.id, now, info.rights)
            return info.id, replace(copied, is_hidden="r" not in info.rights)

        return (await self._write(copy, lambda done: (done[0],)))[1]

    async def move(
        self, account: Account, mailbox_id: int, uids: Sequence[UID], target: str, report: Report = ignore
    ) -> Appended:
        """See MailStore."""
        now = self._clock()

        def move(conn: Connection, page: Sequence[UID]) -> tuple[int, Appended]:
            owner_id, info = places.find_target(conn, account, target)
            if owner_id != places.find_owner(conn, mailbox_id):
                require_room(conn, owner_id, transfers.measure_rows(conn, mailbox_id, page))
            moved = transfers.move_rows(conn, mailbox_id, page, info.id, now, info.rights)
            return info.id, replace(moved, is_hidden="r" not in info.rights)

        parts: list[Appended] = []
        for page in rows.cut_pages(uids, CHANGES_AT_A_TIME):
            _, part = await self._write(lambda conn, page=page: move(conn, page), lambda done: (mailbox_id, done[0]))  # type: ignore[misc]
            parts.append(part)
            report(sum(len(each.uids) for each in parts))
        pairs = tuple(pair for part in parts for pair in part.uids)
        return replace(parts[-1], uids=pairs, changes=sum(part.changes for part in parts))

    async def append(self, account: Account, name: str, drafts: Sequence[Draft], report: Report = ignore) -> Appended:
        """See MailStore."""
        return await self._uploads.append(account, name, drafts, report)

    async def replace(self, account: Account, mailbox_id: int, uid: UID, name: str, draft: Draft) -> Appended:
        """See MailStore."""
        return await self._uploads.replace(account, mailbox_id, uid, name, draft)

    async def find_quota(self, account: Account) -> Quota:
        """See MailStore."""
        return await self._read(lambda conn: find_quota(conn, account.id))

    async def measure_deleted(self, mailbox_id: int) -> int:
        """See MailStore."""
        return await self._read(lambda conn: rows.measure_deleted(conn, mailbox_id))

    async def search(self, mailbox_id: int, key: SearchKey, is_gone: IsGone = lambda _: False) -> Sequence[UID]:
        """See MailStore."""
        return await self._searching.search(mailbox_id, key, is_gone)

    async def sort(self, mailbox_id: int, uids: Sequence[UID], criteria: tuple[Criterion, ...]) -> Sequence[UID]:
        """See MailStore."""
        return await self._searching.sort(mailbox_id, uids, criteria)

    async def thread(self, mailbox_id: int, uids: Sequence[UID], algorithm: ThreadAlgorithm) -> Forest:
        """See MailStore."""
        return await self._searching.thread(mailbox_id, uids, algorithm)

    async def _expunge(self, mailbox_id: int, uids: Sequence[UID] | None) -> Sequence[UID]:
        return await self._write(
            lambda conn: rows.expunge(conn, mailbox_id, uids, EXPUNGED_AT_A_TIME),
            lambda gone: (mailbox_id,) if gone else (),
        )

    async def _read(self, run: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.read(run))

    async def _write(self, run: Callable[[Connection], T], find_rung: Callable[[T], Iterable[int]] = lambda _: ()) -> T:
        return await self._ringing.submit(run, find_rung)


def _tell(note: "Future[None]", entry: Entry) -> None:
    if (error := note.exception()) is not None:
        _log.error("reading was not journaled: %s", dict(entry.facts), exc_info=error)
