r"""SELECT and EXAMINE: enter a mailbox (RFC 3501 §6.3.1, §6.3.2; RFC 9051 §6.3.2 for what must be told)."""

from mssmail.core.mailbox import SEEN, Changes, MailboxInfo
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.view import View
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import (
    Code,
    build_permanent_flags,
    build_uid_next,
    build_uid_validity,
    build_unseen,
)
from mssmail.imap.wire.responses import Exists, Flags, Recent


async def run(session: Session, command: c.Select) -> Answer:
    """Leave the mailbox at hand, even when the new one cannot be had; then tell all about the new one."""
    if session.view is not None:
        session.deselect()
        await session.tell(ok("The mailbox before is closed", Code("CLOSED")))  # RFC 9051 §7.1
    info, content = await session.store.open_mailbox(session.owner, command.mailbox, read_only=command.read_only)
    view = View(info.id, content, read_only=command.read_only)
    keywords = {flag for flags in {meta.flags for meta in content.appeared} for flag in flags if flag[0] != "\\"}
    session.select(view, keywords)
    await _describe(session, info, content)
    session.note("selected", mailbox=info.name, messages=len(view))
    if command.read_only:
        return ok("EXAMINE completed", Code("READ-ONLY"))
    return ok("SELECT completed", Code("READ-WRITE"))


async def _describe(session: Session, info: MailboxInfo, content: Changes) -> None:
    view, flags = session.selected, session.list_flags()
    for response in (Flags(flags), Exists(len(view)), Recent(view.recent_count)):
        await session.tell(response)
    unseen = next((number for number, meta in enumerate(content.appeared, 1) if SEEN not in meta.flags), None)
    if unseen is not None:
        await session.tell(ok("The first that is not seen", build_unseen(unseen)))
    await session.tell(ok("Flags to keep", build_permanent_flags(() if view.read_only else (*flags, "\\*"))))
    await session.tell(ok("UIDs are valid", build_uid_validity(info.uid_validity)))
    await session.tell(ok("The next UID", build_uid_next(info.uid_next)))
