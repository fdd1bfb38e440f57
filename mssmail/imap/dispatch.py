"""Events become commands, commands verbs, verbs answers; one after the other, in the order they came.

Here is the one place where faults turn into answers, and where news of the mailbox follow a command.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, assert_never

from mssmail.core.mailbox import Saved, SeqSet
from mssmail.core.search import InSeqs, has_leaf
from mssmail.core.trace import build_id
from mssmail.errors import BadCharset, BadSyntax, Fault
from mssmail.imap.news import GONE, dismiss, tell_news
from mssmail.imap.replies import Answer, answer_fault, bad, bye, is_expected, no, ok
from mssmail.imap.session import Session, Severed
from mssmail.imap.states import is_of_selected, require_state
from mssmail.imap.verbs import (
    acl,
    append,
    authenticate,
    capability,
    check,
    close,
    copy,
    create,
    delete,
    enable,
    expunge,
    fetch,
    id,
    idle,
    list,
    login,
    logout,
    metadata,
    move,
    namespace,
    noop,
    notify,
    quota,
    rename,
    search,
    select,
    sort,
    starttls,
    status,
    store,
    subscribe,
    thread,
    unselect,
)
from mssmail.imap.verbs import replace as replace_
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.frames import Event, Frame, HangUp, Malformed, NeedContinuation, RawLine, TooBig
from mssmail.imap.wire.parser import parse_command
from mssmail.imap.wire.response_codes import build_capability, build_highest_modseq
from mssmail.imap.wire.responses import Condition, Continuation
from mssmail.imap.wire.search_returns import SAVE
from mssmail.policy.hiding import is_hidden

Verb = Callable[[Session, Any], Awaitable[Answer | None]]

MAX_MISTAKES = 20  # BADs in a row: no mail client speaks there

VERBS: Mapping[type[c.CommandBody], Verb] = MappingProxyType(
    {
        c.Append: append.run,
        c.Authenticate: authenticate.run,
        c.CancelUpdate: search.cancel,
        c.Capability: capability.run,
        c.Check: check.run,
        c.Close: close.run,
        c.Copy: copy.run,
        c.Create: create.run,
        c.Delete: delete.run,
        c.Enable: enable.run,
        c.Expunge: expunge.run,
        c.Fetch: fetch.run,
        c.GetAcl: acl.list_entries,
        c.SetAcl: acl.set_rights,
        c.DeleteAcl: acl.delete_rights,
        c.ListRights: acl.list_grantable,
        c.MyRights: acl.tell_own,
        c.GetMetadata: metadata.tell,
        c.SetMetadata: metadata.change,
        c.GetQuota: quota.find,
        c.GetQuotaRoot: quota.find_root,
        c.Id: id.run,
        c.Idle: idle.run,
        c.List: list.run,
        c.Login: login.run,
        c.Logout: logout.run,
        c.Move: move.run,
        c.Namespace: namespace.run,
        c.Noop: noop.run,
        c.Notify: notify.run,
        c.Rename: rename.run,
        c.Replace: replace_.run,
        c.Search: search.run,
        c.Sort: sort.run,
        c.Thread: thread.run,
        c.Select: select.run,
        c.StartTls: starttls.run,
        c.Status: status.run,
        c.Store: store.run,
        c.Subscribe: subscribe.run,
        c.Unselect: unselect.run,
    }
)


async def greet(session: Session) -> None:
    """The first line (RFC 9051 §7.1.1), with what we can do."""
    await session.tell(ok("mssmail is ready", build_capability(capability.list_capabilities(session))))


async def receive(session: Session, event: Event) -> None:
    """Do what one event asks for."""
    match event:
        case Frame():
            await _obey(session, event)
        case RawLine(data):
            await _read_line(session, data)
        case NeedContinuation():
            await session.tell(Continuation())
        case TooBig(tag):
            await _refuse(session, tag, no("The command is too large", "TOOBIG"))
        case Malformed(tag):
            await _refuse(session, tag, bad("Lines end in CRLF and hold neither CR nor LF"))
        case HangUp():
            await dismiss(session, bye("Too much to read past", "TOOBIG"))
        case _:
            assert_never(event)


async def _obey(session: Session, frame: Frame) -> None:
    try:
        command = parse_command(frame, utf8=session.dialect.has_utf8)
    except BadSyntax as fault:
        session.note("not understood", level=logging.DEBUG, reason=str(fault))
        if isinstance(fault, BadCharset) and fault.forgets:
            _forget_saved(session)
        await _refuse(session, fault.tag, answer_fault(fault, None, ""))
        return
    session.tag = command.tag
    await _conclude(session, command, _run(session, command.body))


async def _run(session: Session, body: c.CommandBody) -> Answer | None:
    if isinstance(body, c.Unparsable):
        return bad("There is no such command")
    require_state(session.state, body)
    if is_of_selected(body):
        await session.refresh_rights()
    return await VERBS[type(body)](session, body)


async def _read_line(session: Session, line: bytes) -> None:
    """A line that belongs to a command at work: a SASL response, or DONE."""
    command, read = session.waiting, session.reader
    session.waiting = session.reader = None
    if command is None or read is None:
        raise RuntimeError("a line that nobody waits for")
    await _conclude(session, command, read(session, line))


async def _refuse(session: Session, tag: str, answer: Answer) -> None:
    """Answer what never became a command; one that waited for its line is over too."""
    if session.waiting is not None:
        tag, session.waiting, session.reader = session.waiting.tag, None, None
        session.stop_listening()
    await _answer(session, tag, answer)


# FETCH tells by itself, and nothing may come between the octets of a message; the others wait for the client.
_WITHOUT_PROGRESS = (c.Fetch, c.Idle, c.Authenticate, c.Login, c.StartTls)


async def _conclude(session: Session, command: c.Command, work: Awaitable[Answer | None]) -> None:
    if not isinstance(command.body, _WITHOUT_PROGRESS) and not is_hidden("INPROGRESS", session.hidden):
        session.progress.begin(command.tag)
    try:
        answer = await _attempt(session, command, work)
    finally:
        session.progress.end()
    if answer is None:
        session.waiting = command
        return
    gone = not session.has_ended and await tell_news(session, may_expunge=_may_expunge(command.body))
    if isinstance(command.body, c.Fetch | c.Store) and not session.hears_messages:
        await session.tell_clock(has_missed=True)
    await _answer(session, command.tag, _add_clock(session, command.body, answer))
    if gone:
        await dismiss(session, GONE)


async def _attempt(session: Session, command: c.Command, work: Awaitable[Answer | None]) -> Answer | None:
    try:
        return await work
    except (Severed, ConnectionError):  # nobody is left to answer to
        raise
    except Exception as fault:
        incident = build_id()
        answer = answer_fault(fault, command.body, incident)
        verb = type(command.body).__name__.upper()
        is_to_save = isinstance(command.body, c.Search | c.Sort) and SAVE in (command.body.returns or ())
        if is_to_save and answer.condition is Condition.NO:
            _forget_saved(session)
        if is_expected(fault):
            facts = fault.facts if isinstance(fault, Fault) else {}
            session.note("refused", verb=verb, kind=type(fault).__name__, reason=str(fault), details=facts)
        else:
            session.note("failed", level=logging.ERROR, fault=fault, verb=verb, incident=incident)
        return answer


def _forget_saved(session: Session) -> None:
    """A search that was to be saved failed: ``$`` is empty now (RFC 5182 §2.1)."""
    if session.view is not None:
        session.view.saved = ()


def _add_clock(session: Session, body: c.CommandBody, answer: Answer) -> Answer:
    """HIGHESTMODSEQ with the end of what removes messages: the news before it have told all up to then.

    RFC 7162 §3.2.7, RFC 6851 §4.4, RFC 8508 §4.5.
    """
    if not isinstance(body, c.Expunge | c.Move | c.Replace) or session.view is None or not session.dialect.has_modseq:
        return answer
    if answer.condition is not Condition.OK or answer.code is not None:
        return answer
    return replace(answer, code=build_highest_modseq(session.view.modseq))


def _may_expunge(body: c.CommandBody) -> bool:
    """RFC 9051 §7.5.1: never while FETCH, STORE or SEARCH count by sequence number; their UID variants may.

    Unless their key holds sequence numbers (RFC 7162 §3.2.10.2).
    """
    match body:
        case (
            c.Fetch(SeqSet() | Saved(False))
            | c.Store(SeqSet() | Saved(False))
            | c.Search(uid=False)
            | c.Sort(uid=False)
            | c.Thread(uid=False)
        ):
            return False
        case c.Search(key) | c.Sort(_, key) | c.Thread(_, key):
            return not has_leaf(key, InSeqs)
        case _:
            return True


async def _answer(session: Session, tag: str, answer: Answer) -> None:
    await session.tell(replace(answer, tag=tag))
    session.mistakes = session.mistakes + 1 if answer.condition is Condition.BAD else 0
    if session.mistakes >= MAX_MISTAKES and not session.has_ended:
        await dismiss(session, bye("Too many mistakes"))
