r"""SELECT and EXAMINE: enter a mailbox (RFC 3501 §6.3.1, RFC 9051 §6.3.2: each version has its own things to tell).

A client that returns says what it knows, and hears what happened since (QRESYNC, RFC 7162 §3.2.5).
"""

from dataclasses import replace

from mssmail.core.mailbox import SEEN, Changes, MailboxInfo, has_number
from mssmail.core.ranges import intersect
from mssmail.core.rights import may_change
from mssmail.errors import BadSyntax
from mssmail.imap.render import encode_flags_line
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.list import describe_mailbox
from mssmail.imap.view import View
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import (
    Code,
    build_highest_modseq,
    build_mailbox_id,
    build_permanent_flags,
    build_uid_next,
    build_uid_validity,
    build_unseen,
)
from mssmail.imap.wire.responses import Exists, Flags, Recent, Vanished


async def run(session: Session, command: c.Select) -> Answer:
    """Leave the mailbox at hand, even when the new one cannot be had; then tell all about the new one."""
    if command.known is not None and not session.dialect.has_vanished:
        raise BadSyntax("QRESYNC before ENABLE QRESYNC")  # RFC 7162 §3.2.5
    if session.view is not None:
        session.deselect()
        await session.tell(ok("The mailbox before is closed", Code("CLOSED")))  # RFC 9051 §7.1
    info, content = await session.store.open_mailbox(session.owner, command.mailbox, read_only=command.read_only)
    is_read_only = command.read_only or not may_change(info.rights)
    view, keywords = await session.work_out(
        lambda: (View(info.id, content, read_only=is_read_only), _list_keywords(content)), len(content.appeared)
    )
    view.rights, view.is_shared, view.uid_validity = info.rights, info.is_shared, info.uid_validity
    session.select(view, keywords)
    if command.condstore or command.known is not None:
        session.dialect = replace(session.dialect, has_modseq=True)
    await _describe(session, info, content, command.mailbox)
    if command.known is not None and command.known.uid_validity == info.uid_validity:
        await _resynchronise(session, info, content, command.known)
    session.note("selected", mailbox=info.name, messages=len(view))
    name = "EXAMINE" if command.read_only else "SELECT"
    return ok(f"{name} completed", Code("READ-ONLY" if view.read_only else "READ-WRITE"))


def _list_keywords(content: Changes) -> set[str]:
    return {flag for flags in {meta.flags for meta in content.appeared} for flag in flags if flag[0] != "\\"}


async def _describe(session: Session, info: MailboxInfo, content: Changes, name: str) -> None:
    view = session.selected
    await session.tell(Flags(session.list_flags()))
    await session.tell(Exists(len(view)))
    if session.dialect.has_rev2:
        old_name = name if name != info.name else ""  # written in another way than we keep it
        await session.tell(await describe_mailbox(session, info.name, old_name))  # RFC 9051 §6.3.2
    else:
        await session.tell(Recent(view.recent_count))
        unseen = next((number for number, meta in enumerate(content.appeared, 1) if SEEN not in meta.flags), None)
        if unseen is not None:
            await session.tell(ok("The first that is not seen", build_unseen(unseen)))
    await session.tell(ok("Flags to keep", build_permanent_flags(session.list_permanent())))
    await session.tell(ok("UIDs are valid", build_uid_validity(info.uid_validity)))
    await session.tell(ok("The next UID", build_uid_next(info.uid_next)))
    await session.tell(ok("The mailbox's clock", build_highest_modseq(info.highest_modseq)))
    await session.tell(ok("Whatever its name", build_mailbox_id(info.id)))


async def _resynchronise(session: Session, info: MailboxInfo, content: Changes, known: c.Known) -> None:
    """Tell what went and what changed since the client was here, of the messages it knows (RFC 7162 §3.2.5.1)."""
    view = session.selected
    ranges = known.uids.resolve(info.uid_next - 1) if known.uids is not None else ((1, info.uid_next - 1),)
    gone = await session.store.list_vanished(view.mailbox_id, known.modseq)
    told = view.leave_out(intersect(gone, ranges))
    if told:
        await session.tell(Vanished(told, earlier=True))
    lines = [
        encode_flags_line(number, meta, session.dialect, recent=view.is_recent(meta.uid))
        for number, meta in enumerate(content.appeared, 1)
        if meta.modseq > known.modseq and has_number(ranges, meta.uid)
    ]
    await session.send(b"".join(lines))
