"""STORE and UID STORE: change flags (RFC 9051 §6.4.6), on condition with UNCHANGEDSINCE (RFC 7162 §3.1.3)."""

from collections.abc import Sequence
from dataclasses import replace

from mssmail.core.mailbox import SYSTEM_FLAGS, UID, MessageMeta, StoreAction, drop_reserved, is_by_uid
from mssmail.core.rights import may_set
from mssmail.errors import ReadOnly
from mssmail.imap.render import encode_flags_line
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.view import PORTION
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import Code, build_modified


async def run(session: Session, command: c.Store) -> Answer:
    """Change them in one write; what comes back is the state afterwards, others' changes included."""
    view = session.selected
    session.require_rights("")
    if not any(may_set(view.rights, flag) for flag in command.flags or SYSTEM_FLAGS):  # one is enough: RFC 4314 §4
        raise ReadOnly("no right to change these flags", rights=view.rights)
    if command.unchanged_since is not None:
        await session.count_by_modseq()
    uids = await session.resolve(command.numbers)
    if not uids:
        return ok("STORE completed")
    flags = drop_reserved(command.flags)
    session.progress.aim(len(uids))
    metas = await session.store.store_flags(
        view.mailbox_id,
        uids,
        command.action,
        flags,
        unchanged_since=command.unchanged_since,
        rights=view.rights,
        report=session.progress.count,
    )
    if command.action is not StoreAction.REMOVE:  # nothing is made by being taken away
        await session.learn_keywords(flag for flag in flags if may_set(view.rights, flag))
    if flags != command.flags or not all(may_set(view.rights, flag) for flag in flags):
        # RFC 9051 §7.1 has us ignore what is not among PERMANENTFLAGS; a silent client would believe it was done.
        command = replace(command, silent=False)
    await _tell(session, command, metas)
    if len(metas) == len(uids):
        return ok("STORE completed")
    left = sorted(set(uids) - {meta.uid for meta in metas})
    refused = [] if command.unchanged_since is None else await _load_alive(session, left)
    if refused:
        await _tell_refused(session, refused)
        uids = [meta.uid for meta in refused]
        numbers = uids if is_by_uid(command.numbers) else [view.find_number(uid) or 0 for uid in uids]
        return ok("STORE completed but for what changed meanwhile", build_modified(numbers))
    return ok("STORE completed, but some messages were expunged", Code("EXPUNGEISSUED"))  # RFC 2180 §4.2


async def _tell(session: Session, command: c.Store, metas: Sequence[MessageMeta]) -> None:
    """The state afterwards; after .SILENT only the ModSeqs, for those who count by them (RFC 7162 §3.1.3).

    What others changed meanwhile is told all the same (RFC 9051 §6.4.6), and as it is now: the state before would undo
    what the client takes for done.
    """
    view, dialect = session.selected, session.dialect
    loud = {meta.uid for meta in metas if not (command.silent and view.has_heard(meta.uid, meta.before))}
    await session.learn_keywords(flag for flags in {m.flags for m in metas if m.uid in loud} for flag in flags)
    # RFC 7162 §3.2.4; RFC 9051 §7.5.2: IMAP4rev2 has the UID in what nobody asked to be told
    has_uid = is_by_uid(command.numbers) or dialect.has_modseq or dialect.has_rev2
    for start in range(0, len(metas), PORTION):
        portion = metas[start : start + PORTION]
        if not command.silent:  # among them keywords that others have set meanwhile
            await session.learn_keywords(flag for meta in portion for flag in meta.flags)
        lines: list[bytes] = []
        for meta in portion:
            view.note_told(meta)
            has_flags = meta.uid in loud
            number = view.find_number(meta.uid) if dialect.has_modseq or has_flags else None
            if number is not None:
                recent = view.is_recent(meta.uid)
                lines.append(
                    encode_flags_line(number, meta, dialect, recent=recent, has_uid=has_uid, has_flags=has_flags)
                )
        await session.send(b"".join(lines))
        if len(portion) < len(metas):
            await session.outlet.pause(0)  # others have their turn


async def _load_alive(session: Session, uids: Sequence[UID]) -> list[MessageMeta]:
    pages = session.store.load_rows(session.selected.mailbox_id, uids, frozenset())
    return [row.meta async for page in pages for row in page]


async def _tell_refused(session: Session, metas: Sequence[MessageMeta]) -> None:
    """How they stand, so that the client need not ask (RFC 7162 §3.1.3); what is news to it comes with the news."""
    view = session.selected
    known = [(view.find_number(meta.uid), meta) for meta in metas if view.has_heard(meta.uid, meta.modseq)]
    lines = [
        encode_flags_line(number, meta, session.dialect, recent=view.is_recent(meta.uid))
        for number, meta in known
        if number is not None
    ]
    await session.send(b"".join(lines))
