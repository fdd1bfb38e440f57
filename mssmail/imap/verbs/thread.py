"""THREAD and UID THREAD (RFC 5256 §3)."""

from mssmail.core.mailbox import UID
from mssmail.core.threads import Forest
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.search import find_known
from mssmail.imap.view import PORTION, View
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Threads
from mssmail.imap.wire.thread_writer import encode_threads


async def run(session: Session, command: c.Thread) -> Answer:
    """One THREAD response, also when nothing matches."""
    view = session.selected
    found = await find_known(session, command.key, uid=command.uid)
    forest = await session.store.thread(view.mailbox_id, found, command.algorithm)
    shown = forest if command.uid else _number(forest, view)
    await _tell(session, shown)
    return ok("THREAD completed")


async def _tell(session: Session, forest: Forest) -> None:
    """One response; of a large mailbox a portion at a time, and others have their turn between."""
    if len(forest.roots) <= PORTION:
        await session.tell(Threads(forest.roots, forest.children))
        return
    await session.send(b"* THREAD ")
    for start in range(0, len(forest.roots), PORTION):
        await session.send(encode_threads(forest.roots[start : start + PORTION], forest.children))
        await session.outlet.pause(0)
    await session.send(b"\r\n")


def _number(forest: Forest, view: View) -> Forest:
    """The same by sequence number; every UID in it is one that the view knows."""

    def name(node: int) -> int:
        return node if node < 0 else view.find_number(UID(node)) or node

    children = {name(node): [name(child) for child in below] for node, below in forest.children.items()}
    return Forest([name(node) for node in forest.roots], children)
