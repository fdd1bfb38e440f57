"""STORE and UID STORE: change flags (RFC 9051 §6.4.6)."""

from mssmail.core.mailbox import UIDSet
from mssmail.errors import ReadOnly
from mssmail.imap.render import encode_flag_list
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import Code


async def run(session: Session, command: c.Store) -> Answer:
    """Change them in one write; what comes back is the state afterwards, others' changes included."""
    view = session.selected
    if view.read_only:
        raise ReadOnly("STORE after EXAMINE")
    if command.silent:  # what others changed must not be swallowed with what we do not repeat
        await session.catch_up(may_expunge=False)
    uids = view.resolve(command.numbers)
    if not uids:
        return ok("STORE completed")
    metas = await session.store.store_flags(view.mailbox_id, uids, command.action, command.flags)
    await session.learn_keywords(command.flags)
    lines: list[bytes] = []
    for meta in metas:
        view.note_told(meta)
        number = view.find_number(meta.uid)
        if number is not None and not command.silent:
            uid = b"UID %d " % meta.uid if isinstance(command.numbers, UIDSet) else b""
            flags = encode_flag_list(meta.flags, recent=view.is_recent(meta.uid))
            lines.append(b"* %d FETCH (%bFLAGS %b)\r\n" % (number, uid, flags))
    await session.send(b"".join(lines))
    if len(metas) < len(uids):  # RFC 2180 §4.2
        return ok("STORE completed, but some messages were expunged", Code("EXPUNGEISSUED"))
    return ok("STORE completed")
