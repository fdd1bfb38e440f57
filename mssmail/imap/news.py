"""What happened by itself, told after each command, and between commands to who idles or asked for it by NOTIFY."""

import logging
from collections.abc import Sequence

from mssmail.core.mailbox import UID
from mssmail.errors import NoSuchMailbox
from mssmail.imap.interests import Interests, Overflow
from mssmail.imap.replies import Answer, bye, is_expected, ok
from mssmail.imap.session import Session, Severed
from mssmail.imap.verbs.fetch import tell_messages
from mssmail.imap.wire.fetch_values import Item
from mssmail.imap.wire.metadata_writer import ChangedMetadata
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.responses import ListLine, MailboxStatus, encode_response

_AT_ONCE = 200  # lines of one write


GONE = bye("The selected mailbox has been deleted or closed to you", "UNAVAILABLE")


async def push(session: Session) -> None:
    """Tell the news while IDLE waits, or to who asked for them by NOTIFY; the bell rang."""
    if await tell_news(session, may_expunge=session.may_push_expunge):
        await dismiss(session, GONE)


async def dismiss(session: Session, answer: Answer) -> None:
    """Say BYE and end."""
    await session.tell(answer)
    session.close()


async def tell_news(session: Session, *, may_expunge: bool) -> bool:
    """What happened in the selected mailbox, and elsewhere. True when the selected mailbox itself has gone.

    When the store cannot say now, the command's own answer stands all the same, and the news come later.
    """
    if session.watch is not None:
        session.watch.take()
    try:
        await session.catch_up(may_expunge=may_expunge)
        await session.tell_clock()
        await _tell_fresh(session)
        await _tell_elsewhere(session)
    except NoSuchMailbox:
        return True
    except (Severed, ConnectionError):
        raise
    except Exception as fault:
        session.note("no news to be had", level=logging.ERROR, fault=None if is_expected(fault) else fault)
        await session.tell_clock(has_missed=True)
    return False


async def _tell_fresh(session: Session) -> None:
    """Of messages that others brought what NOTIFY and UPDATE want to know, in one FETCH each (RFC 5465 §5.2)."""
    view = session.view
    if view is None:
        return
    by_updates = session.contexts.take_wanted()
    by_notify = session.interests.items if session.interests is not None else ()
    wanted: dict[tuple[Item, ...], list[UID]] = {}
    for uid in view.take_fresh():
        items = tuple(dict.fromkeys((*by_notify, *by_updates.get(uid, ()))))
        if items and uid not in session.made:
            wanted.setdefault(items, []).append(uid)
    session.made.clear()
    for items, uids in wanted.items():
        await tell_messages(session, items, uids)


async def _tell_elsewhere(session: Session) -> None:
    if session.watch is None:
        return
    try:
        news = await session.watch.look(has_modseq=session.dialect.has_modseq)
    except Overflow:
        session.note("too much to tell by NOTIFY", level=logging.WARNING)
        session.attend(Interests(()), None)  # RFC 5465 §5.8: as if NOTIFY NONE had come
        await session.tell(ok("Too many mailboxes", Code("NOTIFICATIONOVERFLOW")))
        return
    await send_lines(session, news)


async def send_lines(session: Session, lines: Sequence[ListLine | MailboxStatus | ChangedMetadata]) -> None:
    """Many lines, some hundred at a time."""
    for start in range(0, len(lines), _AT_ONCE):
        page = lines[start : start + _AT_ONCE]
        await session.send(b"".join(encode_response(line, utf8=session.dialect.has_utf8) for line in page))
