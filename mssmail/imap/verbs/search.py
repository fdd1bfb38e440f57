r"""SEARCH and UID SEARCH (RFC 9051 §6.4.4). What only the view knows becomes UIDs first."""

from mssmail.core.search import And, HasFlag, InSeqs, InUids, Not, Or, SearchKey, UidRanges
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.view import View
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import Found

_RECENT = "\\recent"


async def run(session: Session, command: c.Search) -> Answer:
    """One SEARCH response, also when nothing matches."""
    view = session.selected
    if command.uid:  # ``*`` is then the newest there is
        await session.catch_up(may_expunge=False)
    found = await session.store.search(view.mailbox_id, localise(command.key, view))
    known = ((uid, view.find_number(uid)) for uid in found)
    numbers = (uid if command.uid else number for uid, number in known if number is not None)
    await session.tell(Found(tuple(numbers)))
    return ok("SEARCH completed")


def localise(key: SearchKey, view: View) -> SearchKey:
    r"""The key with sequence numbers, ``*`` and \Recent, which only this session knows, turned into UIDs."""
    match key:
        case InSeqs(numbers) | InUids(numbers):
            return UidRanges(tuple((low, high) for low, high in view.find_ranges(numbers) if high > 0))
        case HasFlag(flag) if flag.lower() == _RECENT:
            return UidRanges(view.find_recent())
        case Not(inner):
            return Not(localise(inner, view))
        case Or(left, right):
            return Or(localise(left, view), localise(right, view))
        case And(keys):
            return And(tuple(localise(inner, view) for inner in keys))
        case _:
            return key
