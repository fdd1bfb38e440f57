r"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182). What only the view knows becomes UIDs first."""

import dataclasses
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import TypeVar

from mssmail.core.mailbox import UID, ModSeq, pack
from mssmail.core.search import (
    All,
    DateKey,
    HasFlag,
    InSeqs,
    InUids,
    ModSeqKey,
    SearchKey,
    UidRanges,
    has_leaf,
    map_leaves,
)
from mssmail.core.window import Window
from mssmail.errors import BadSyntax
from mssmail.imap.contexts import Context
from mssmail.imap.replies import Answer, no, ok
from mssmail.imap.session import Session
from mssmail.imap.verbs.fetch import check_items
from mssmail.imap.view import View
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.response_codes import build_no_update
from mssmail.imap.wire.responses import Extended, Found
from mssmail.imap.wire.search_returns import PARTIAL, SAVE

T = TypeVar("T")

_RECENT = "\\recent"
_UPDATE, _CONTEXT = "UPDATE", "CONTEXT"


async def run(session: Session, command: c.Search) -> Answer:
    """One SEARCH response, also when nothing matches; ESEARCH when RETURN was given."""
    if command.charset and session.dialect.has_utf8_accept:
        raise BadSyntax("CHARSET after UTF8=ACCEPT")  # RFC 6855 §3
    require_new_tag(session, command)
    view = session.selected
    counts_modseq = has_leaf(command.key, ModSeqKey)
    if counts_modseq:
        await session.count_by_modseq()
    if command.uid:  # ``*`` is then the newest there is
        await session.catch_up(may_expunge=False)
    found = pack(await _search(session, command.key))  # packed: it may take long to be read
    if command.returns is not None or session.dialect.has_esearch:
        return await answer_extended(session, command, found, counts_modseq=counts_modseq)
    uids = await session.work_out(lambda: pack(view.select_known(found)), len(found))
    modseq = await _find_modseq(session, uids) if counts_modseq and uids else None
    numbers = await name_results(session, uids, uid=command.uid)
    await session.tell_much(Found(numbers, modseq), len(numbers))
    return ok("SEARCH completed")


def require_new_tag(session: Session, command: c.Search | c.Sort) -> None:
    """Raise BadSyntax for a search that shall go on under the tag of one that does (RFC 5267 §4.3)."""
    if _UPDATE in (command.returns or ()) and session.tag in session.contexts:
        raise BadSyntax("a tag is used anew")


async def name_results(session: Session, uids: Sequence[UID], *, uid: bool) -> Sequence[int]:
    """What they are called in the answer, in their order: themselves, or by the numbers this client has for them."""
    if uid:
        return pack(uids)
    return await session.work_out(lambda: session.selected.number_known(uids), len(uids))


async def find_known(session: Session, key: SearchKey, *, uid: bool) -> Sequence[UID]:
    """The matches that this session has a number for, ascending; for SORT and THREAD."""
    if has_leaf(key, ModSeqKey):
        await session.count_by_modseq()
    if uid:  # ``*`` is then the newest there is
        await session.catch_up(may_expunge=False)
    view = session.selected
    if isinstance(key, All):  # SORT and THREAD leave out what has gone meanwhile
        return view.list_uids()
    found = await _search(session, key)
    return await session.work_out(lambda: view.select_known(found), len(found))


async def _search(session: Session, key: SearchKey) -> Sequence[UID]:
    view = session.selected
    return await session.store.search(view.mailbox_id, localise(key, view, session.terms.zone), _follow(session))


def _follow(session: Session) -> Callable[[UID], bool]:
    """Counts the messages looked at, page by page, and says whether nobody waits for the rest."""
    view = session.selected
    session.progress.aim(len(view))

    def is_gone(up_to: UID) -> bool:
        session.progress.count(view.count_up_to(up_to))
        return session.outlet.is_gone()

    return is_gone


async def answer_extended(
    session: Session, command: c.Search | c.Sort, found: Sequence[UID], *, counts_modseq: bool
) -> Answer:
    """One ESEARCH response of what was found, in its order."""
    name = type(command).__name__.upper()
    told = await _build_extended(session, command, found, counts_modseq=counts_modseq)
    if told is None:
        return ok(f"{name} completed, result saved")
    await session.tell_much(told, len(told.numbers))
    return ok(f"{name} completed")


async def _build_extended(
    session: Session, command: c.Search | c.Sort, found: Sequence[UID], *, counts_modseq: bool
) -> Extended | None:
    """The response; None when nothing is to be told."""
    known = await session.work_out(lambda: pack(session.selected.select_known(found)), len(found))
    options = set(command.returns or ()) or {"ALL"}
    if _UPDATE in options:
        await _go_on(session, command, list(known))
    options -= {_UPDATE, _CONTEXT}
    chosen = _choose(known, options, command.window)
    if SAVE in options:
        session.selected.saved = await session.work_out(lambda: array("I", sorted(chosen)), len(chosen))
        options.remove(SAVE)
        if not options:  # RFC 5182 §2.1: then nothing is told
            return None
    numbers = await name_results(session, known, uid=command.uid)
    modseq = await _find_modseq(session, chosen) if counts_modseq and chosen else None
    return Extended(
        session.tag,
        command.uid,
        lowest=numbers[0] if numbers and "MIN" in options else None,
        highest=numbers[-1] if numbers and "MAX" in options else None,
        count=len(numbers) if "COUNT" in options else None,
        numbers=_cut(numbers, command.window) if options & {"ALL", PARTIAL} else (),
        modseq=modseq,
        window=command.window,
    )


async def _go_on(session: Session, command: c.Search | c.Sort, results: list[UID]) -> None:
    """Tell from now on what comes to match and what ceases to (RFC 5267 §4.3)."""
    criteria = command.criteria if isinstance(command, c.Sort) else None
    key = localise(command.key, session.selected, session.terms.zone)
    check_items(command.updates)
    if not session.contexts.begin(Context(session.tag, key, command.uid, criteria, results, command.updates)):
        await session.tell(no("Too many searches that go on", build_no_update(session.tag)))


async def cancel(session: Session, command: c.CancelUpdate) -> Answer:
    """CANCELUPDATE."""
    for tag in command.tags:
        session.contexts.cancel(tag)
    return ok("CANCELUPDATE completed")


def _cut(results: Sequence[T], window: Window | None) -> Sequence[T]:
    return results if window is None else window.cut(results)


def _choose(known: Sequence[UID], options: set[str], window: Window | None) -> Sequence[UID]:
    """What is saved, and whose ModSeq counts: all, unless only MIN, MAX or PARTIAL were asked for.

    RFC 5182 §2.4, RFC 9394 §3.3.
    """
    if options & {"ALL", "COUNT"} or not options & {"MIN", "MAX", PARTIAL}:
        return known
    ends = [*(known[:1] if "MIN" in options else ()), *(known[-1:] if "MAX" in options else ())]
    within = () if window is None else window.cut(known)
    return list(dict.fromkeys((*ends, *within)))


async def _find_modseq(session: Session, uids: Sequence[UID]) -> ModSeq:
    return await session.store.find_highest_modseq(session.selected.mailbox_id, uids)


def localise(key: SearchKey, view: View, zone: tzinfo = UTC) -> SearchKey:
    r"""The key with sequence numbers, ``*``, ``$`` and \Recent turned into UIDs, and its days into days of the zone."""

    def replace(leaf: SearchKey) -> SearchKey:
        match leaf:
            case InSeqs(numbers) | InUids(numbers):
                return UidRanges(tuple((low, high) for low, high in view.find_ranges(numbers) if high > 0))
            case HasFlag(flag) if flag.lower() == _RECENT:
                return UidRanges(view.find_recent())
            case DateKey():
                return dataclasses.replace(leaf, zone=zone)
            case _:
                return leaf

    return map_leaves(key, replace)
