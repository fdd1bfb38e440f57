r"""SELECT and EXAMINE: enter a mailbox (RFC 3501 §6.3.1, RFC 9051 §6.3.2: each version has its own things to tell).

A client that returns says what it knows, and hears what happened since (QRESYNC, RFC 7162 §3.2.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mssmail.core.mailbox import SEEN, UID, MailboxInfo, MessageMeta, has_number, pack
from mssmail.core.ranges import intersect
from mssmail.core.rights import may_change
from mssmail.errors import BadSyntax
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
    info, view, picture = await _open(session, command)
    session.select(view, picture.keywords)
    if command.condstore or command.known is not None:
        session.dialect = replace(session.dialect, has_modseq=True)
    await _describe(session, info, picture.unseen, command.mailbox)
    if command.known is not None and command.known.uid_validity == info.uid_validity:
        await _resynchronise(session, info, picture.changed, command.known)
    session.note("selected", mailbox=info.name, messages=len(view))
    name = "EXAMINE" if command.read_only else "SELECT"
    return ok(f"{name} completed", Code("READ-ONLY" if view.read_only else "READ-WRITE"))


@dataclass(frozen=True, slots=True)
class _Picture:
    """What is to be told of the messages; they themselves are many, and the client may take its time to read."""

    keywords: set[str]
    unseen: int  # the number of the first that is; 0: none
    changed: Sequence[UID]  # since the client was here


async def _open(session: Session, command: c.Select) -> tuple[MailboxInfo, View, _Picture]:
    info, content = await session.store.open_mailbox(session.owner, command.mailbox, read_only=command.read_only)
    is_read_only = command.read_only or not may_change(info.rights)
    view, picture = await session.work_out(
        lambda: (View(info.id, content, read_only=is_read_only), _look(content.appeared, command.known)),
        len(content.appeared),
    )
    view.rights, view.is_shared, view.uid_validity = info.rights, info.is_shared, info.uid_validity
    return info, view, picture


def _look(metas: Sequence[MessageMeta], known: c.Known | None) -> _Picture:
    keywords = {flag for flags in {meta.flags for meta in metas} for flag in flags if flag[0] != "\\"}
    unseen = next((number for number, meta in enumerate(metas, 1) if SEEN not in meta.flags), 0)
    return _Picture(keywords, unseen, pack(m.uid for m in metas if known is not None and m.modseq > known.modseq))


async def _describe(session: Session, info: MailboxInfo, unseen: int, name: str) -> None:
    view = session.selected
    await session.tell(Flags(session.list_flags()))
    await session.tell(Exists(len(view)))
    if session.dialect.has_rev2:
        old_name = name if name != info.name else ""  # written in another way than we keep it
        await session.tell(await describe_mailbox(session, info.name, old_name))  # RFC 9051 §6.3.2
    else:
        await session.tell(Recent(view.recent_count))
        if unseen:
            await session.tell(ok("The first that is not seen", build_unseen(unseen)))
    await session.tell(ok("Flags to keep", build_permanent_flags(session.list_permanent())))
    await session.tell(ok("UIDs are valid", build_uid_validity(info.uid_validity)))
    await session.tell(ok("The next UID", build_uid_next(info.uid_next)))
    await session.tell(ok("The mailbox's clock", build_highest_modseq(info.highest_modseq)))
    await session.tell(ok("Whatever its name", build_mailbox_id(info.id)))


async def _resynchronise(session: Session, info: MailboxInfo, changed: Sequence[UID], known: c.Known) -> None:
    """Tell what went and what changed since the client was here, of the messages it knows (RFC 7162 §3.2.5.1)."""
    view = session.selected
    ranges = known.uids.resolve(info.uid_next - 1) if known.uids is not None else ((1, info.uid_next - 1),)
    gone = await session.store.list_vanished(view.mailbox_id, known.modseq)
    told = view.leave_out(intersect(gone, ranges))
    if told:
        await session.tell(Vanished(told, earlier=True))
    await session.tell_flags(pack(uid for uid in changed if has_number(ranges, uid)))
