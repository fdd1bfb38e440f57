"""What deleted mailboxes held, taken away for good: step by step, each a transaction, so that mail comes in between.

Nobody sees any of it: ``mailboxes.delete_mailbox`` has taken it out of sight. A kill between two steps costs nothing.
"""

from sqlalchemy import Connection, bindparam, delete, select

from mssmail.store.mailboxes import IS_THERE
from mssmail.store.messages import drop_unused_messages
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows, mailboxes, vanished

STEP = 100  # messages: some twenty milliseconds, in which nobody else writes

_FIRST = Prepared(
    select(mailbox_rows.c.uid, mailbox_rows.c.message_id)
    .where(mailbox_rows.c.mailbox_id == bindparam("of_mailbox"))
    .order_by(mailbox_rows.c.uid)
    .limit(bindparam("limit"))
)


def find_deleted(conn: Connection) -> int | None:
    """A mailbox that is deleted and not yet removed."""
    return conn.execute(select(mailboxes.c.id).where(~IS_THERE).limit(1)).scalar()


def remove_mailbox(conn: Connection, mailbox_id: int) -> None:
    """Remove the mailbox and all that was only there."""
    while remove_some(conn, mailbox_id):
        continue


def remove_some(conn: Connection, mailbox_id: int, limit: int = STEP) -> bool:
    """Remove so much of it, at last itself; True while something is left."""
    rows = _FIRST.fetch_all(conn, {"of_mailbox": mailbox_id, "limit": limit})
    if rows:
        held = mailbox_rows.c.mailbox_id == mailbox_id
        conn.execute(delete(mailbox_rows).where(held, mailbox_rows.c.uid <= rows[-1][0]))
        drop_unused_messages(conn, [message_id for _, message_id in rows])
        return True
    some = select(vanished.c.uid).where(vanished.c.mailbox_id == mailbox_id).limit(limit * 10)  # small, and one table
    if conn.execute(delete(vanished).where(vanished.c.mailbox_id == mailbox_id, vanished.c.uid.in_(some))).rowcount:
        return True
    conn.execute(delete(mailboxes).where(mailboxes.c.id == mailbox_id))
    return False
