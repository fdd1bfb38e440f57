"""APPEND: keep a message the client wrote (RFC 9051 §6.3.12, RFC 4315 §3)."""

from mssmail.imap.replies import Answer, bad, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_append_uid


async def run(session: Session, command: c.Append) -> Answer:
    """One message; it is on disk when the answer goes out."""
    if len(command.messages) != 1:
        return bad("One message at a time")  # MULTIAPPEND (RFC 3502) is not announced
    message = command.messages[0]
    appended = await session.store.append(
        session.owner, command.mailbox, message.data, message.flags, message.internal_date
    )
    session.note("appended", mailbox=command.mailbox, uid=appended.uids[0][1], octets=len(message.data))
    return ok("APPEND completed", build_append_uid(appended))
