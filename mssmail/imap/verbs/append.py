"""APPEND: keep what the client wrote, several messages all or none (RFC 9051 §6.3.12, RFC 3502, RFC 4315 §3)."""

from mssmail.core.mailbox import Draft
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.list import tell_old_name
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_append_uid


async def run(session: Session, command: c.Append) -> Answer:
    """On disk when the answer goes out. A message of no octets is how a client gives up half-way (RFC 3502)."""
    if not all(message.data for message in command.messages):
        return no("A message of no octets is none: nothing was kept", "CANNOT")
    drafts = [Draft(message.data, message.flags, message.internal_date) for message in command.messages]
    if session.dialect.has_rev2:  # RFC 9051 §6.3.12
        info = await session.store.find_mailbox(session.owner, command.mailbox, needs="i")
        await tell_old_name(session, info.name, command.mailbox)
    session.progress.aim(len(drafts))
    appended = await session.store.append(session.owner, command.mailbox, drafts, session.progress.count)
    session.note_made(appended)
    octets = sum(len(draft.data) for draft in drafts)
    session.note("appended", mailbox=command.mailbox, uid=appended.uids[0][1], messages=len(drafts), octets=octets)
    return ok("APPEND completed", build_append_uid(appended))
