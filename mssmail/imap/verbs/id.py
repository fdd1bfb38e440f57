"""ID: who is there (RFC 2971). Ours names no version before somebody has signed in; theirs goes to the log."""

from mssmail import __version__
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.capability import list_capabilities
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Capabilities, ServerId

_LONGEST = 200  # of what we log of one field


async def run(session: Session, command: c.Id) -> Answer:
    """Exchange names."""
    fields = {name.lower(): value for name, value in command.fields}
    session.client = " ".join(fields[key] for key in ("name", "version") if key in fields)[:_LONGEST]
    told = "; ".join(f"{name}={value}"[:_LONGEST] for name, value in command.fields)
    session.note("client named itself", client_id=told)
    version = (("version", __version__),) if session.account is not None else ()
    await session.tell(ServerId((("name", "mssmail"), *version)))
    if session.hide():  # it may have asked before
        await session.tell(Capabilities(list_capabilities(session)))
    return ok("ID completed")
