"""SORT and UID SORT (RFC 5256 §3, RFC 5957); ESEARCH when RETURN was given (RFC 5267 §4.5)."""

from mssmail.core.mailbox import pack
from mssmail.core.search import ModSeqKey, has_leaf
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.search import answer_extended, find_known, name_results, require_new_tag
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Sorted


async def run(session: Session, command: c.Sort) -> Answer:
    """One response, also when nothing matches."""
    require_new_tag(session, command)
    view = session.selected
    counts_modseq = has_leaf(command.key, ModSeqKey)
    found = find_known(session, command.key, uid=command.uid)
    uids = pack(
        await session.store.sort(view.mailbox_id, await found, command.criteria)
    )  # they may take long to be read
    if command.returns is not None:
        return await answer_extended(session, command, uids, counts_modseq=counts_modseq)
    modseq = await session.store.find_highest_modseq(view.mailbox_id, uids) if counts_modseq and uids else None
    numbers = await name_results(session, uids, uid=command.uid)
    await session.tell_much(Sorted(numbers, modseq), len(numbers))
    return ok("SORT completed")
