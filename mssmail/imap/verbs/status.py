"""STATUS: counts without selecting (RFC 9051 §6.3.11). Also of the selected mailbox, where some clients ask it."""

from collections.abc import Iterable

from mssmail.core.mailbox import MailboxInfo
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import encode_mailbox_id
from mssmail.imap.wire.responses import MailboxStatus


async def run(session: Session, command: c.Status) -> Answer:
    """One STATUS response."""
    await note_items(session, command.items)
    info = await session.store.find_mailbox(session.owner, command.mailbox, counts=True, needs="r")
    await session.tell(await load_status(session, info, command.items))
    return ok("STATUS completed")


async def note_items(session: Session, items: Iterable[str]) -> None:
    """Asking for the ModSeq is how some clients say that they know CONDSTORE (RFC 7162 §3.1)."""
    if "HIGHESTMODSEQ" in items:
        await session.count_by_modseq()


async def load_status(session: Session, info: MailboxInfo, items: Iterable[str]) -> MailboxStatus:
    """The counts asked for, in the order they were asked for."""
    counts: dict[str, int | str] = {
        "MESSAGES": info.messages,
        "RECENT": info.recent,
        "UIDNEXT": info.uid_next,
        "UIDVALIDITY": info.uid_validity,
        "UNSEEN": info.unseen,
        "DELETED": info.deleted,
        "SIZE": info.size,
        "HIGHESTMODSEQ": info.highest_modseq,
        "MAILBOXID": f"({encode_mailbox_id(info.id).decode('ascii')})",
        "APPENDLIMIT": session.terms.max_literal_bytes,
    }
    if "DELETED-STORAGE" in items:
        counts["DELETED-STORAGE"] = await session.store.measure_deleted(info.id)
    return MailboxStatus(info.name, tuple((item, counts[item]) for item in items))
