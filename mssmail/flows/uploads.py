"""What clients write: APPEND, and REPLACE of a draft by its next version (RFC 9051 §6.3.12, RFC 8508)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from mssmail.core.account import Account
from mssmail.core.clock import Clock
from mssmail.core.examination import Index
from mssmail.core.mailbox import UID, Appended, Draft, Report, drop_reserved, ignore
from mssmail.core.trace import build_id
from mssmail.errors import OverQuota, TooBig
from mssmail.mime.binary import encode_binary
from mssmail.mime.parts import scan as scan_parts
from mssmail.store import places, rows, transfers
from mssmail.store.accounts import has_room
from mssmail.store.bodies import Body
from mssmail.store.engine import Connection, Store
from mssmail.store.flags import encode_flags, keep_locked
from mssmail.store.messages import Delivery, insert_message

T = TypeVar("T")

Scan = Callable[[bytes], Index]  # what a message's bytes say, without a verdict


class Write(Protocol):
    """Do it durably, then ring the bells of the mailboxes that ``find_rung`` names."""

    def __call__(self, run: Callable[[Connection], T], find_rung: Callable[[T], Iterable[int]]) -> Awaitable[T]:
        """What ``run`` gave, once it is on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A message a client wrote, scanned and kept."""

    body: Body
    index: Index
    bits: int
    keywords: str
    internal_date: datetime

    @property
    def size(self) -> int:
        """Octets of the view: there is no prefix, and fields that claim our verdict are cut."""
        return len(self.body.data) - sum(len(cut) for cut in self.index.cuts)


class Uploads:
    """The clients' own messages; ``imap.backend.MailStore`` says what each method promises."""

    def __init__(self, store: Store, clock: Clock, scan: Scan, max_message_bytes: int, write: Write) -> None:
        self._store, self._clock, self._scan, self._write = store, clock, scan, write
        self._max_message_bytes = max_message_bytes

    async def append(self, account: Account, name: str, drafts: Sequence[Draft], report: Report = ignore) -> Appended:
        """See MailStore."""
        uploads = await self._prepare(account, name, drafts, report=report)
        now = self._clock()
        done = await self._write(lambda conn: _append(conn, account, name, uploads, now), lambda done: (done[0],))
        return done[1]

    async def replace(self, account: Account, mailbox_id: int, uid: UID, name: str, draft: Draft) -> Appended:
        """See MailStore."""
        uploads = await self._prepare(account, name, [draft], instead_of=(mailbox_id, uid))
        now = self._clock()

        def replace(conn: Connection) -> tuple[int, Appended]:
            rows.remove_row(conn, mailbox_id, uid)  # first: its room is the new one's
            return _append(conn, account, name, uploads, now)

        done = await self._write(replace, lambda done: (mailbox_id, done[0]))
        return done[1]

    async def _prepare(
        self,
        account: Account,
        name: str,
        drafts: Sequence[Draft],
        instead_of: tuple[int, UID] | None = None,
        report: Report = ignore,
    ) -> Sequence[Upload]:
        """Scan and keep the bodies; the quota is looked at before the work on what may be 50 MB."""
        if any(len(draft.data) > self._max_message_bytes for draft in drafts):
            raise TooBig("the message is too large", octets=max(len(draft.data) for draft in drafts))

        def look(conn: Connection) -> None:
            owner_id, _ = places.find_target(conn, account, name)
            freed = 0
            if instead_of is not None and places.find_owner(conn, instead_of[0]) == owner_id:
                freed = transfers.measure_rows(conn, instead_of[0], [instead_of[1]])
            require_room(conn, owner_id, sum(len(draft.data) for draft in drafts) - freed)

        await asyncio.wrap_future(self._store.read(look))
        now = self._clock()

        def keep(draft: Draft) -> Upload:
            bits, keywords = encode_flags(drop_reserved(draft.flags))
            data = encode_binary(draft.data, scan_parts(draft.data)) if b"\0" in draft.data else draft.data
            body = self._store.keep_body(data)
            return Upload(body, self._scan(data), bits, keywords, draft.internal_date or now)

        uploads: list[Upload] = []
        for draft in drafts:
            uploads.append(await asyncio.wrap_future(self._store.run(lambda draft=draft: keep(draft))))  # type: ignore[misc]
            report(len(uploads))
        return uploads


def require_room(conn: Connection, account_id: int, octets: int) -> None:
    """Raise OverQuota unless so many octets more may be held."""
    if not has_room(conn, account_id, octets):
        raise OverQuota("the account holds as much as it may", account_id=account_id)


def _append(
    conn: Connection, account: Account, name: str, uploads: Sequence[Upload], now: datetime
) -> tuple[int, Appended]:
    owner_id, info = places.find_target(conn, account, name)
    require_room(conn, owner_id, sum(upload.size for upload in uploads))
    uids = rows.add_rows(conn, info.id, [_insert_upload(conn, upload, info.rights, now) for upload in uploads], now)
    return info.id, Appended(info.uid_validity, tuple((uid, uid) for uid in uids), is_hidden="r" not in info.rights)


def _insert_upload(conn: Connection, upload: Upload, rights: str, now: datetime) -> rows.NewRow:
    delivery = Delivery(
        trace_id=build_id(),
        body=upload.body,
        prefix=b"",
        index=upload.index,
        summary="",  # a client's own writing has no verdict
        evidence="{}",
        reverse_path=None,
        received_at=now,
    )
    message_id = insert_message(conn, delivery)
    bits, keywords = keep_locked((0, ""), (upload.bits, upload.keywords), rights)
    return rows.NewRow(message_id, bits, keywords, upload.internal_date, upload.size)
