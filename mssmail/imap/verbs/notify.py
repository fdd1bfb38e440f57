"""NOTIFY: what to tell of unasked, at any time and of which mailboxes (RFC 5465)."""

from collections.abc import Iterable

from mssmail.imap.interests import Interests, Overflow
from mssmail.imap.news import send_lines
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.fetch import check_items
from mssmail.imap.watch import Watch
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.notify_values import EventGroup, Happening
from mssmail.imap.wire.response_codes import build_bad_event

_TELLABLE = (
    Happening.MESSAGE_NEW,
    Happening.MESSAGE_EXPUNGE,
    Happening.FLAG_CHANGE,
    Happening.MAILBOX_NAME,
    Happening.SUBSCRIPTION_CHANGE,
    Happening.MAILBOX_METADATA_CHANGE,
    Happening.SERVER_METADATA_CHANGE,
)
_MODSEQ = c.FetchItem("MODSEQ")


async def run(session: Session, command: c.Notify) -> Answer:
    """Until the next NOTIFY. One that is refused changes nothing."""
    if _has_unknown(command.groups):
        return no("Not all of these events can be told", build_bad_event(event.value for event in _TELLABLE))
    interests = Interests(command.groups)
    check_items(interests.items)
    if not (interests.of_selected or interests.is_wide):
        await session.catch_up(may_expunge=True, has_all=bool(command.groups))
        session.attend(interests, None)
        return ok("NOTIFY completed")
    watch = Watch(session.store, session.owner, interests)
    try:
        told = await watch.begin(session.view, wants_status=command.status, has_modseq=session.dialect.has_modseq)
        if _MODSEQ in interests.items:
            await session.count_by_modseq()
        await session.catch_up(may_expunge=True, has_all=True)  # RFC 5465 §3.1: as NOOP would
    except BaseException as fault:
        watch.close()
        if isinstance(fault, Overflow):
            return no("Too many mailboxes", "NOTIFICATIONOVERFLOW")
        raise
    session.attend(interests, watch)
    if session.view is not None:
        session.view.take_fresh()  # they were told like any others
    await send_lines(session, told)
    return ok("NOTIFY completed")


def _has_unknown(groups: Iterable[EventGroup]) -> bool:
    return any(group.unknown or group.events - set(_TELLABLE) for group in groups)
