"""CREATE (RFC 9051 §6.3.4, RFC 6154 §3)."""

from mssmail.core.mailbox import OTHER_USERS
from mssmail.imap.patterns import DELIMITER
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.list import tell_old_name
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_mailbox_id

USES = frozenset({"", "\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash"})  # the others of RFC 6154 are views


async def run(session: Session, command: c.Create) -> Answer:
    """A new mailbox; a trailing ``/`` only says that it will have children."""
    is_of_others = command.mailbox.startswith(OTHER_USERS + DELIMITER)  # what theirs are for is for them to say
    if command.special_use not in USES or (command.special_use and is_of_others):
        return no("There is no such use here, or more than one", "USEATTR")
    info = await session.store.create_mailbox(session.owner, command.mailbox, command.special_use)
    session.note_names(info.name)
    session.note("created", mailbox=info.name)
    await tell_old_name(session, info.name, command.mailbox.removesuffix("/"))  # RFC 9051 §6.3.4
    return ok("CREATE completed", build_mailbox_id(info.id))
