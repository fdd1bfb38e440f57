"""ID: who is there (RFC 2971). Ours names no version before somebody has signed in; theirs goes to the log."""

from mssmail import __version__
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import ServerId

_LONGEST = 200  # of what we log of one field


async def run(session: Session, command: c.Id) -> Answer:
    """Exchange names."""
    told = "; ".join(f"{name}={value}"[:_LONGEST] for name, value in command.fields)
    session.note("client named itself", client_id=told)
    version = (("version", __version__),) if session.account is not None else ()
    await session.tell(ServerId((("name", "mssmail"), *version)))
    return ok("ID completed")
