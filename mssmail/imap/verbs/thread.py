"""THREAD and UID THREAD (RFC 5256 §3)."""

from mssmail.core.mailbox import UID
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.search import find_known
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Threads


async def run(session: Session, command: c.Thread) -> Answer:
    """One THREAD response, also when nothing matches."""
    view = session.selected
    found = await find_known(session, command.key, uid=command.uid)
    forest = await session.store.thread(view.mailbox_id, found, command.algorithm)
    number = int if command.uid else lambda uid: view.find_number(UID(uid)) or uid
    await session.tell_much(Threads(forest.roots, forest.children, number), len(found))
    return ok("THREAD completed")
