r"""FETCH and UID FETCH (RFC 9051 §6.4.5): rows in pages, bodies in pieces, each message on its own.

One message that cannot be read never makes the others fail: it is left out and told in an untagged NO.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mssmail.core.mailbox import (
    SEEN,
    UID,
    Column,
    MessageMeta,
    MessageRow,
    ModSeq,
    SeqNum,
    SeqSet,
    StoreAction,
    UIDSet,
    is_by_uid,
    pack,
)
from mssmail.core.ranges import intersect
from mssmail.core.trace import build_id
from mssmail.errors import BadSyntax, NoSuchMailbox, StoreFault, UnknownEncoding
from mssmail.imap.decoded import prepare_decoded, prepare_size
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.rows import RowEncoder, build_row_encoder, find_columns
from mssmail.imap.session import Session, Severed
from mssmail.imap.stream import (
    BLOCK,
    LITTLE,
    Parcel,
    Ready,
    Source,
    build_ask,
    encode_ready,
    prepare,
    send_ready,
)
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.fetch_responses import FETCH_END
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import Vanished

_MAX_SECTIONS = 100  # of one FETCH: each costs work for each message
_BATCH = 50  # messages marked as seen at a time, before they are sent
_MAX_BROKEN = 10  # messages that cannot be read, in one FETCH: then it is not the messages
_MODSEQ = c.FetchItem("MODSEQ")
_ONLY_UID = (c.FetchItem("UID"),)
_PREVIEW = c.FetchItem("PREVIEW")
_BODY_TEXTS = frozenset({"", "TEXT"})

_SIZE = "BINARY.SIZE"
_PREPARE = {"BINARY": prepare_decoded, _SIZE: prepare_size}


async def run(session: Session, command: c.Fetch) -> Answer:
    """All messages named that are still there."""
    if command.vanished and not (session.dialect.has_vanished and is_by_uid(command.numbers)):
        raise BadSyntax("VANISHED is for UID FETCH after ENABLE QRESYNC")  # RFC 7162 §3.2.6
    if command.changed_since is not None or _MODSEQ in command.items:
        await session.count_by_modseq()
    fetch = _Fetch(session, command.items)
    uids = pack(await _find_uids(session, command))
    if command.items == _ONLY_UID and isinstance(command.numbers, SeqSet) and not session.dialect.has_modseq:
        await _tell_uids(session, uids)
        return ok("FETCH completed")
    if _PREVIEW in command.items:  # RFC 8970 §8
        session.note("previews asked for", messages=len(uids))
    if uids:
        await fetch.tell(uids)
    if fetch.undecodable:
        return no("Of some parts the transfer encoding is unknown here: ask for BODY", "UNKNOWN-CTE")
    if fetch.told < len(uids):  # RFC 2180 §4.1, RFC 5530 §3
        return ok("FETCH completed, but some messages were expunged", Code("EXPUNGEISSUED"))
    return ok("FETCH completed")


async def _tell_uids(session: Session, uids: Sequence[UID]) -> None:
    """Which UID a number has is known here, though the message may have gone: the client's map has no holes."""
    parcel = Parcel(session.outlet)
    for uid in uids:
        number = session.selected.find_number(uid)
        if number is not None:
            await parcel.add(b"* %d FETCH (UID %d)\r\n" % (number, uid))
    await parcel.send()


def check_items(items: Sequence[c.FetchItem | c.FetchSection]) -> None:
    """Raise BadSyntax for what ``tell_messages`` could not tell."""
    if sum(isinstance(item, c.FetchSection) for item in items) > _MAX_SECTIONS:
        raise BadSyntax("too many sections")


async def tell_messages(session: Session, items: Sequence[c.FetchItem | c.FetchSection], uids: Sequence[UID]) -> None:
    """FETCH responses that nobody asked for now, but some time ago (RFC 5465 §5.2); what has gone is left out."""
    tells_uid = session.dialect.has_modseq or session.dialect.has_rev2  # RFC 7162 §3.2.4, RFC 9051 §7.5.2
    by_uid = _ONLY_UID if tells_uid else ()
    await _Fetch(session, (*by_uid, *items)).tell(uids)


async def _find_uids(session: Session, command: c.Fetch) -> Sequence[UID]:
    """Those named, of them those within the window, of them those that changed (RFC 9394 §3.4)."""
    if command.vanished and command.changed_since is not None and isinstance(command.numbers, UIDSet):
        await _tell_vanished(session, command.numbers, command.changed_since)  # before any FETCH (RFC 7162 §3.2.6)
    named = await session.resolve(command.numbers)
    uids = named if command.window is None else command.window.cut(named)
    if command.changed_since is None:
        return uids
    changed = set(await session.store.list_changed(session.selected.mailbox_id, command.changed_since))
    return [uid for uid in uids if uid in changed]


async def _tell_vanished(session: Session, numbers: UIDSet, since: ModSeq) -> None:
    """VANISHED (EARLIER): those of these numbers that went (RFC 7162 §3.2.6); ``*`` then is the last there ever was."""
    gone = await session.store.list_vanished(session.selected.mailbox_id, since)
    if not gone:
        return
    ranges = numbers.resolve(max(gone[-1][1], session.selected.largest))
    told = session.selected.leave_out(intersect(gone, ranges))
    if told:
        await session.tell(Vanished(told, earlier=True))


class _Encoders(NamedTuple):
    whole: RowEncoder  # for rows that brought along all that is asked for
    short: RowEncoder  # for others, without the sections, which are read


class _Fetch:
    """One FETCH at work."""

    def __init__(self, session: Session, items: Sequence[c.FetchItem | c.FetchSection]) -> None:
        self._session, self._view, self._store = session, session.selected, session.store
        names = [item.name for item in items if isinstance(item, c.FetchItem)]
        if session.dialect.has_modseq and "MODSEQ" not in names:  # RFC 7162 §3.1: in every FETCH from now on
            names.append("MODSEQ")
        if session.dialect.has_vanished and "UID" not in names:  # RFC 7162 §3.2.4
            names.append("UID")
        check_items(items)
        sections = [item for item in items if isinstance(item, c.FetchSection)]
        self._asks = [build_ask(item) for item in sections]
        self._columns = find_columns(items)
        self._shows_flags = "FLAGS" in names
        self._makes_previews = _PREVIEW in items  # without LAZY: there is no NIL then (RFC 8970 §3.2)
        self._encoders = self._build_encoders(names)
        with_uid = ["UID"] if session.dialect.has_modseq else []  # RFC 7162 §3.2.4
        self._encoders_marked = self._build_encoders([*names, *with_uid, "FLAGS"])
        can_mark = not self._view.read_only and "s" in self._view.rights
        self._marks = can_mark and any(not item.peek for item in sections)
        self._reads_bodies = any(item.section.text in _BODY_TEXTS and item.label != _SIZE for item in sections)
        self._parcel = Parcel(session.outlet)
        self._broken = 0
        self.told = 0  # messages told of, in whatever way
        self.undecodable = 0  # of them, left out because BINARY cannot be had of them

    def _build_encoders(self, names: Sequence[str]) -> _Encoders:
        zone = self._session.terms.zone
        listed = self._asks if Column.FIELDS in self._columns else ()
        return _Encoders(build_row_encoder(names, zone, listed), build_row_encoder(names, zone))

    async def tell(self, uids: Sequence[UID]) -> None:
        """Page by page; nothing stays open between them."""
        async for page in self._store.load_rows(self._view.mailbox_id, uids, self._columns):
            rows = await self._fill_previews(page) if self._makes_previews else page
            for batch in _split(rows, _BATCH) if self._marks or self._reads_bodies else (rows,):
                await self._tell_batch(batch)
                await self._parcel.send()  # others write too between batches: never into an unfinished response

    async def _tell_batch(self, rows: Sequence[MessageRow]) -> None:
        marked = await self._mark_seen(rows) if self._marks else {}
        if self._reads_bodies:
            await self._session.note_read([row.meta.uid for row in rows])  # before it is sent
        if marked:
            rows = [row._replace(meta=marked.get(row.meta.uid, row.meta)) for row in rows]
        if self._shows_flags or marked:  # others' new keywords come with the mark
            await self._session.learn_keywords(flag for flags in {row.meta.flags for row in rows} for flag in flags)
        numbers = self._view.find_numbers([row.meta.uid for row in rows])
        for row in rows:
            meta = row.meta
            number = numbers.get(meta.uid)
            if number is None:
                continue
            await self._tell_row(row, number, self._encoders_marked if meta.uid in marked else self._encoders)
            if meta.uid in marked or (self._shows_flags and meta.modseq > self._view.modseq):
                self._view.note_told(meta)

    async def _tell_row(self, row: MessageRow, number: SeqNum, encoders: _Encoders) -> None:
        is_whole = row.fields is not None or not self._asks
        encode = encoders.whole if is_whole else encoders.short
        try:
            response = encode(row, number, self._view.is_recent(row.meta.uid))
            ready = () if is_whole else await self._prepare(row)
        except (Severed, ConnectionError):
            raise
        except NoSuchMailbox:  # expunged since the page was read
            return
        except UnknownEncoding:
            self.undecodable += 1
            self.told += 1
            return
        except Exception as fault:
            await self._report(row, fault)
            return
        if ready:
            await self._tell_sections(response.removesuffix(FETCH_END), ready)
        else:
            await self._parcel.add(response)
        self.told += 1

    async def _tell_sections(self, start: bytes, ready: Sequence[Ready]) -> None:
        gap = b"" if start.endswith(b"(") else b" "
        if all(section.rest is None and len(section.beginning) == section.size for section in ready):
            await self._parcel.add(start + gap + b" ".join(map(encode_ready, ready)) + FETCH_END)
            return
        for section in ready:  # piece by piece: some are not wholly here
            await self._parcel.add(start + gap)
            await send_ready(self._parcel, section)
            start, gap = b"", b" "
        await self._parcel.add(FETCH_END)

    async def _prepare(self, row: MessageRow) -> Sequence[Ready]:
        layout = row.layout or await self._store.load_layout(self._view.mailbox_id, row.meta.uid)
        if layout is None:
            raise NoSuchMailbox("the message has gone")
        source = Source(self._store, layout, row.header, row.data)
        ready: list[Ready] = []
        room = BLOCK  # for what is held of all sections together
        for ask in self._asks:
            ready.append(await _PREPARE.get(ask.kind, prepare)(source, ask, max(room, LITTLE)))
            room -= len(ready[-1].beginning)
        return ready

    async def _report(self, row: MessageRow, fault: Exception) -> None:
        """Leave the message out, and say so."""
        incident = build_id()
        self._session.note(
            "message cannot be read", level=logging.ERROR, fault=fault, uid=row.meta.uid, incident=incident
        )
        self._broken += 1
        if self._broken > _MAX_BROKEN:
            raise fault
        self.told += 1
        await self._parcel.send()
        text = f"The message with UID {row.meta.uid} cannot be read; it is incident {incident} in the log"
        await self._session.tell(no(text, "SERVERBUG"))

    async def _fill_previews(self, rows: Sequence[MessageRow]) -> Sequence[MessageRow]:
        missing = [row.meta.message_id for row in rows if row.preview is None]
        if not missing:
            return rows
        made = await self._store.make_previews(missing)
        return [
            row if row.preview is not None else row._replace(preview=made.get(row.meta.message_id, "")) for row in rows
        ]

    async def _mark_seen(self, rows: Sequence[MessageRow]) -> dict[UID, MessageMeta]:
        r"""Set \Seen where it is not. A store that cannot write now must not keep people from reading."""
        unseen = [row.meta.uid for row in rows if SEEN not in row.meta.flags]
        if not unseen:
            return {}
        try:
            metas = await self._store.store_flags(self._view.mailbox_id, unseen, StoreAction.ADD, frozenset({SEEN}))
        except StoreFault as fault:
            self._session.note("cannot mark as seen", level=logging.WARNING, reason=str(fault))
            return {}
        return {meta.uid: meta for meta in metas}


def _split(rows: Sequence[MessageRow], size: int) -> Iterator[Sequence[MessageRow]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
