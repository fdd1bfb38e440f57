"""What went from a mailbox, for clients that come back (RFC 7162 §3.2): remembered up to a point, then guessed safely.

The oldest are forgotten when there are many. A client that knows less than ``forgotten_modseq`` is told of every UID
that is not there, whether it ever knew it or not, as RFC 7162 §3.2.5.1 lets a server do that does not remember.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, update

from mssmail.core.mailbox import ModSeq, compress
from mssmail.core.ranges import Range, find_gaps
from mssmail.store.schema import mailbox_rows, mailboxes, vanished

KEPT = 20_000  # of one mailbox, after pruning; it comes at twice as many

_CLOCK = select(mailboxes.c.forgotten_modseq, mailboxes.c.uid_next).where(mailboxes.c.id == bindparam("of_mailbox"))
_SINCE = (
    select(vanished.c.uid)
    .where(vanished.c.mailbox_id == bindparam("of_mailbox"), vanished.c.modseq > bindparam("since"))
    .order_by(vanished.c.uid + 0)  # not in the key's order, for which the whole mailbox would be read
)
_PRESENT = (
    select(mailbox_rows.c.uid).where(mailbox_rows.c.mailbox_id == bindparam("of_mailbox")).order_by(mailbox_rows.c.uid)
)


def list_vanished(conn: Connection, mailbox_id: int, since: ModSeq) -> Sequence[Range]:
    """Ranges of UIDs that went after ``since``, whenever they came; with those nobody remembers any more."""
    where = {"of_mailbox": mailbox_id}
    clock = conn.execute(_CLOCK, where).first()
    if clock is None:
        return []
    if since < clock.forgotten_modseq:
        return list(find_gaps(conn.execute(_PRESENT, where).scalars(), clock.uid_next - 1))
    return list(compress(conn.execute(_SINCE, {**where, "since": since}).scalars()))


def find_overfull(conn: Connection, kept: int = KEPT) -> Sequence[int]:
    """Ids of the mailboxes that remember more than twice what they should."""
    counted = select(vanished.c.mailbox_id).group_by(vanished.c.mailbox_id).having(func.count() > 2 * kept)
    return list(conn.execute(counted).scalars())


def forget_vanished(conn: Connection, mailbox_id: int, kept: int = KEPT) -> None:
    """Forget the oldest, so that about ``kept`` are left, and up to which ModSeq that was."""
    newest = select(vanished.c.modseq).where(vanished.c.mailbox_id == mailbox_id).order_by(vanished.c.modseq.desc())
    floor = conn.execute(newest.offset(kept).limit(1)).scalar()
    if floor is None:
        return
    conn.execute(delete(vanished).where(vanished.c.mailbox_id == mailbox_id, vanished.c.modseq <= floor))
    conn.execute(update(mailboxes).where(mailboxes.c.id == mailbox_id).values(forgotten_modseq=floor))
