r"""What happened in a mailbox since a ModSeq: NOOP, IDLE, CONDSTORE and QRESYNC are this one question.

Also who is shown \Recent: a mark in the mailbox says from which UID on nobody has been, so that claiming a thousand
new messages writes one row.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select, update

from mssmail.core.mailbox import UID, Changes, MailboxInfo, MessageMeta, ModSeq
from mssmail.errors import NoSuchMailbox
from mssmail.store.flags import decode_flags
from mssmail.store.mailboxes import load_mailbox
from mssmail.store.schema import mailbox_rows, mailboxes, vanished

NOTHING_RECENT = range(0)


def load_all(conn: Connection, mailbox_id: int, recent: range = NOTHING_RECENT) -> tuple[MailboxInfo, Changes]:
    r"""The mailbox and all its messages as ``appeared``; ``recent`` holds the UIDs to be shown as \Recent.

    Raises NoSuchMailbox.
    """
    info = load_mailbox(conn, mailbox_id)
    appeared = _build(conn, _select(mailbox_id), recent)
    shown = replace(info, recent=sum(meta.recent for meta in appeared))
    return shown, Changes(appeared, (), (), info.highest_modseq)


def load_changes(conn: Connection, mailbox_id: int, since: ModSeq, recent: range = NOTHING_RECENT) -> Changes:
    """What happened after ``since``; UIDs that came and went in between are not mentioned. Raises NoSuchMailbox."""
    now = load_mailbox(conn, mailbox_id).highest_modseq
    if now <= since:
        return Changes((), (), (), now)
    touched = _select(mailbox_id).where(mailbox_rows.c.modseq > since)
    gone = (
        select(vanished.c.uid)
        .where(vanished.c.mailbox_id == mailbox_id, vanished.c.modseq > since, vanished.c.born_modseq <= since)
        .order_by(vanished.c.uid)
    )
    return Changes(
        appeared=_build(conn, touched.where(mailbox_rows.c.born_modseq > since), recent),
        flags=_build(conn, touched.where(mailbox_rows.c.born_modseq <= since), NOTHING_RECENT),
        vanished=tuple(UID(uid) for uid in conn.execute(gone).scalars()),
        modseq=now,
    )


def find_recent(conn: Connection, mailbox_id: int) -> range:
    r"""The UIDs that nobody has been shown as \Recent; raises NoSuchMailbox."""
    wanted = select(mailboxes.c.first_recent_uid, mailboxes.c.uid_next).where(mailboxes.c.id == mailbox_id)
    row = conn.execute(wanted).first()
    if row is None:
        raise NoSuchMailbox("the mailbox has gone", mailbox_id=mailbox_id)
    return range(row.first_recent_uid, row.uid_next)


def claim_recent(conn: Connection, mailbox_id: int) -> range:
    r"""The same UIDs, which from now on the caller alone may show as \Recent."""
    recent = find_recent(conn, mailbox_id)
    conn.execute(update(mailboxes).where(mailboxes.c.id == mailbox_id).values(first_recent_uid=recent.stop))
    return recent


def _select(mailbox_id: int) -> Select[*tuple[Any, ...]]:
    column = mailbox_rows.c
    wanted = select(column.uid, column.modseq, column.flags, column.keywords, column.message_id)
    return wanted.where(column.mailbox_id == mailbox_id).order_by(column.uid)


def _build(conn: Connection, wanted: Select[*tuple[Any, ...]], recent: range) -> tuple[MessageMeta, ...]:
    return tuple(
        MessageMeta(uid, modseq, decode_flags(bits, keywords), message_id, uid in recent)
        for uid, modseq, bits, keywords, message_id in conn.execute(wanted)
    )
