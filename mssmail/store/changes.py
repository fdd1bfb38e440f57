r"""What happened in a mailbox since a ModSeq: NOOP, IDLE, CONDSTORE and QRESYNC are this one question.

Also who is shown \Recent: a mark in the mailbox says from which UID on nobody has been, so that claiming a thousand
new messages writes one row.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import BindParameter, Connection, bindparam, func, select, update

from mssmail.core.mailbox import UID, Changes, MailboxInfo, MessageMeta, ModSeq
from mssmail.errors import MailboxGone
from mssmail.store.flags import decode_flags
from mssmail.store.mailboxes import IS_THERE, load_mailbox
from mssmail.store.named import IS_NAMED, name_uids
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows, mailboxes, vanished
from mssmail.store.vanished import list_vanished

NOTHING_RECENT = range(0)

# The statements stand ready: building one costs more than running it, and every NOOP asks.
_row = mailbox_rows.c
_since: BindParameter[int] = bindparam("since")
# Sorted by a value, not by the key: else SQLite reads the whole mailbox in the key's order to spare itself the sorting.
_by_uid = _row.uid + 0
_ALL = (
    select(_row.uid, _row.modseq, _row.flags, _row.keywords, _row.message_id)
    .where(_row.mailbox_id == bindparam("of_mailbox"))
    .order_by(_row.uid)
)
_SINCE = _ALL.order_by(None).order_by(_by_uid)
_APPEARED = _SINCE.where(_row.modseq > _since, _row.born_modseq > _since)
_FLAGGED = _SINCE.where(_row.modseq > _since, _row.born_modseq <= _since)
_LOAD_ALL, _LOAD_APPEARED, _LOAD_FLAGGED = map(Prepared, (_ALL, _APPEARED, _FLAGGED))
_VANISHED = (
    select(vanished.c.uid)
    .where(
        vanished.c.mailbox_id == bindparam("of_mailbox"),
        vanished.c.modseq > _since,
        vanished.c.born_modseq <= _since,
    )
    .order_by(vanished.c.uid + 0)
)
_FORGOTTEN = select(mailboxes.c.forgotten_modseq).where(mailboxes.c.id == bindparam("of_mailbox"))
_CHANGED = select(_row.uid).where(_row.mailbox_id == bindparam("of_mailbox"), _row.modseq > _since).order_by(_by_uid)
_HIGHEST = select(func.max(_row.modseq)).where(IS_NAMED)
_CLOCK = Prepared(
    select(mailboxes.c.highest_modseq, mailboxes.c.first_recent_uid, mailboxes.c.uid_next).where(
        mailboxes.c.id == bindparam("of_mailbox"), IS_THERE
    )
)


def load_all(conn: Connection, mailbox_id: int, recent: range = NOTHING_RECENT) -> tuple[MailboxInfo, Changes]:
    r"""The mailbox and all its messages as ``appeared``; ``recent`` holds the UIDs to be shown as \Recent.

    Raises NoSuchMailbox.
    """
    info = load_mailbox(conn, mailbox_id)
    appeared = _build(conn, _LOAD_ALL, {"of_mailbox": mailbox_id}, recent)
    shown = replace(info, recent=sum(meta.recent for meta in appeared))
    return shown, Changes(appeared, (), (), info.highest_modseq)


def load_changes(conn: Connection, mailbox_id: int, since: ModSeq, recent: range = NOTHING_RECENT) -> Changes:
    """What happened after ``since``; UIDs that came and went in between are not mentioned. Raises NoSuchMailbox."""
    clock = _CLOCK.fetch(conn, {"of_mailbox": mailbox_id})
    if clock is None:
        raise MailboxGone("the mailbox has gone", mailbox_id=mailbox_id)
    now = ModSeq(clock[0])
    if now <= since:
        return Changes((), (), (), now)
    where = {"of_mailbox": mailbox_id, "since": since}
    return Changes(
        appeared=_build(conn, _LOAD_APPEARED, where, recent),
        flags=_build(conn, _LOAD_FLAGGED, where, NOTHING_RECENT),
        vanished=_list_vanished(conn, mailbox_id, since),
        modseq=now,
    )


def _list_vanished(conn: Connection, mailbox_id: int, since: ModSeq) -> tuple[UID, ...]:
    """UIDs that went after ``since`` and had come before it, as far as is remembered; else all that are not there."""
    where = {"of_mailbox": mailbox_id, "since": since}
    forgotten = conn.execute(_FORGOTTEN, {"of_mailbox": mailbox_id}).scalar() or 0
    if since >= forgotten:
        return tuple(conn.execute(_VANISHED, where).scalars())
    return tuple(UID(uid) for low, high in list_vanished(conn, mailbox_id, since) for uid in range(low, high + 1))


def list_changed(conn: Connection, mailbox_id: int, since: ModSeq) -> Sequence[UID]:
    """UIDs of what is there and came or changed after ``since``, ascending."""
    return list(conn.execute(_CHANGED, {"of_mailbox": mailbox_id, "since": since}).scalars())


def find_highest_modseq(conn: Connection, mailbox_id: int, uids: Sequence[UID]) -> ModSeq:
    """The highest ModSeq of these messages; 0 when none is there."""
    return ModSeq(conn.execute(_HIGHEST, name_uids(mailbox_id, uids)).scalar() or 0)


def find_recent(conn: Connection, mailbox_id: int) -> range:
    r"""The UIDs that nobody has been shown as \Recent; raises NoSuchMailbox."""
    clock = _CLOCK.fetch(conn, {"of_mailbox": mailbox_id})
    if clock is None:
        raise MailboxGone("the mailbox has gone", mailbox_id=mailbox_id)
    return range(clock[1], clock[2])


def claim_recent(conn: Connection, mailbox_id: int) -> range:
    r"""The same UIDs, which from now on the caller alone may show as \Recent."""
    recent = find_recent(conn, mailbox_id)
    conn.execute(update(mailboxes).where(mailboxes.c.id == mailbox_id).values(first_recent_uid=recent.stop))
    return recent


def _build(conn: Connection, statement: Prepared, where: dict[str, int], recent: range) -> tuple[MessageMeta, ...]:
    return tuple(
        MessageMeta(uid, modseq, decode_flags(bits, keywords), message_id, uid in recent)
        for uid, modseq, bits, keywords, message_id in statement.fetch_each(conn, where)
    )
