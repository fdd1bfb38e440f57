"""RENAME (RFC 9051 §6.3.6). A mailbox selected somewhere stays selected: it is known by its id, not its name."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.list import describe_mailbox
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.names import INBOX


async def run(session: Session, command: c.Rename) -> Answer:
    """Give it another name, and its children with it."""
    await session.store.rename_mailbox(session.owner, command.old, command.new)
    new = command.new.removesuffix("/")
    session.note_names(command.old, new)
    session.note("renamed", mailbox=command.old, to=new)
    if session.dialect.has_rev2 and command.old != INBOX:
        info = await session.store.find_mailbox(session.owner, new)
        await session.tell(await describe_mailbox(session, info.name, command.old))
    return ok("RENAME completed")
