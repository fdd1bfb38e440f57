"""REPLACE and UID REPLACE: the next version of a draft takes the place of the one before, in one step (RFC 8508)."""

from mssmail.core.mailbox import UID, Draft, SeqSet, UIDSet
from mssmail.errors import NoSuchMessage
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_append_uid


async def run(session: Session, command: c.Replace) -> Answer:
    """APPENDUID comes first, EXPUNGE or VANISHED with the news that follow every command (RFC 8508 §3.3)."""
    session.require_rights("te")
    pair = (command.number, command.number)
    found = await session.resolve(UIDSet((pair,)) if command.uid else SeqSet((pair,)))
    if not found:
        raise NoSuchMessage("no message has this number")
    message = command.message
    if not message.data:
        return no("A message of no octets is none: nothing was replaced", "CANNOT")
    draft = Draft(message.data, message.flags, message.internal_date)
    appended = await _replace(session, found[0], command.mailbox, draft)
    await session.tell(appended)
    return ok("REPLACE completed")


async def _replace(session: Session, uid: UID, mailbox: str, draft: Draft) -> Answer:
    appended = await session.store.replace(session.owner, session.selected.mailbox_id, uid, mailbox, draft)
    session.note_made(appended)
    session.selected.note_removed((uid,))
    session.note("replaced", mailbox=mailbox, gone=uid, uid=appended.uids[0][1], octets=len(draft.data))
    return ok("The replacement is kept", build_append_uid(appended))
