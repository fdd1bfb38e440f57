r"""LIST, LSUB and XLIST (RFC 3501 §6.3.8, §6.3.9; RFC 5258; RFC 5819; RFC 6154).

Special uses and \HasChildren are told in every form, asked for or not: many clients never learnt to ask.
"""

from collections.abc import Iterator
from dataclasses import replace

from mssmail.errors import NoSuchMailbox, ReadOnly
from mssmail.imap.patterns import Pattern, list_all_parents, list_missing_parents
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.tree import NO_SELECT, NON_EXISTENT, Tree, load_tree
from mssmail.imap.verbs.status import load_status, note_items
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import ListLine

_MAX_PATTERNS = 100
_COMPARED = 500  # names at a time
_XLIST_INBOX = "\\Inbox"


async def run(session: Session, command: c.List) -> Answer:
    """One line a mailbox, each followed by its STATUS when that was asked for (RFC 5819 §2)."""
    if command.patterns == ("",) and not command.is_extended:  # RFC 9051 §6.3.9: what is the delimiter?
        await session.tell(ListLine("", (NO_SELECT,), name=command.name))
        return ok(f"{command.name} completed")
    await note_items(session, command.status_items)
    names = await load_tree(session.store, session.owner)
    asked = [pattern for pattern in command.patterns[:_MAX_PATTERNS] if pattern]  # RFC 5258 §3: "" matches nothing
    patterns = [Pattern(command.reference, pattern) for pattern in asked]
    matched = await _find_matching(session, names, patterns)
    lines = _list_subscribed(names, patterns, matched) if command.name == "LSUB" else _list_all(names, matched, command)
    for line in lines:
        if command.status_items and _is_chosen(names, line.mailbox, command) and line.mailbox in names.mailboxes:
            await _tell_with_status(session, line, command.status_items)
        else:
            await session.tell(line)
    return ok(f"{command.name} completed")


async def describe_mailbox(session: Session, name: str, old_name: str = "") -> ListLine:
    """The line of one mailbox, for what tells it unasked; ``old_name`` as OLDNAME (RFC 9051 §6.3.9.7)."""
    names = await load_tree(session.store, session.owner)
    return ListLine(name, names.describe(name), old_name=old_name)


async def tell_old_name(session: Session, name: str, written: str) -> None:
    """To a client of IMAP4rev2 the line of a mailbox whose name it wrote otherwise than it is kept."""
    if session.dialect.has_rev2 and written != name:
        await session.tell(await describe_mailbox(session, name, written))


async def _find_matching(session: Session, names: Tree, patterns: list[Pattern]) -> frozenset[str]:
    """Of all that may be listed, the names that a pattern means."""
    candidates = [*names.mailboxes, *names.parents, *names.subscribed, *list_all_parents(names.subscribed)]
    matched: set[str] = set()
    for start in range(0, len(candidates), _COMPARED):
        part = candidates[start : start + _COMPARED]
        for pattern in patterns:
            matched.update(name for name in part if pattern.matches(name))
            await session.outlet.pause(0)  # ten thousand names, a hundred patterns: others have their turn
    return frozenset(matched)


def _list_all(names: Tree, matched: frozenset[str], command: c.List) -> Iterator[ListLine]:
    wants_subscribed = "SUBSCRIBED" in command.selection
    candidates = [*names.mailboxes, *list_missing_parents(names.mailboxes)]
    if wants_subscribed:
        candidates += sorted((names.subscribed | list_all_parents(names.subscribed)) - set(candidates))
    # What CHILDINFO is about: something below it was chosen (RFC 5258 §3.5). Only RECURSIVEMATCH asks for it.
    is_recursive = "RECURSIVEMATCH" in command.selection
    chosen = {name for name in names.subscribed if is_recursive and _is_chosen(names, name, command)}
    above = list_all_parents(chosen)
    # That is reason enough only where it is not listed itself: then CHILDINFO says what is new (RFC 9051 §6.3.9.6).
    above_unlisted = list_all_parents(chosen - matched)
    for name in candidates:
        if name not in matched or not (_is_chosen(names, name, command) or name in above_unlisted):
            continue
        attributes = names.describe(name)
        if name in names.subscribed and (wants_subscribed or "SUBSCRIBED" in command.returns):
            attributes += ("\\Subscribed",)
        if command.is_extended and name not in names.mailboxes:
            attributes = (NON_EXISTENT, *(word for word in attributes if word != NO_SELECT))  # RFC 5258 §3, §3.5
        if command.name == "XLIST" and name == "INBOX":
            attributes += (_XLIST_INBOX,)
        child_info = ("SUBSCRIBED",) if name in above else ()
        yield ListLine(name, attributes, name=command.name, child_info=child_info)


def _is_chosen(names: Tree, name: str, command: c.List) -> bool:
    """The selection options let it through (RFC 5258 §3.1, RFC 6154 §5.2)."""
    info = names.mailboxes.get(name)
    if "SPECIAL-USE" in command.selection and not (info and info.special_use):
        return False
    return "SUBSCRIBED" not in command.selection or name in names.subscribed


def _list_subscribed(names: Tree, patterns: list[Pattern], matched: frozenset[str]) -> Iterator[ListLine]:
    r"""LSUB: subscribed names; a parent that ``%`` stops at is told as \Noselect (RFC 3501 §6.3.9)."""
    stopping = [pattern for pattern in patterns if pattern.ends_at_level]
    parents = list_all_parents(names.subscribed) - names.subscribed
    stopped = {parent for parent in parents & matched if any(pattern.matches(parent) for pattern in stopping)}
    for name in sorted((names.subscribed & matched) | stopped):
        yield ListLine(name, (NO_SELECT,) if name in stopped else names.describe(name), name="LSUB")


async def _tell_with_status(session: Session, line: ListLine, items: tuple[str, ...]) -> None:
    """The line and its STATUS; what cannot be asked for that cannot be selected either (RFC 5819 §2)."""
    try:
        info = await session.store.find_mailbox(session.owner, line.mailbox, counts=True, needs="r")
    except (NoSuchMailbox, ReadOnly):  # it went since we listed it, or is not ours to read (RFC 4314 §4)
        attributes = dict.fromkeys((NO_SELECT, *line.attributes))
        await session.tell(replace(line, attributes=tuple(attributes)))
        return
    await session.tell(line)
    await session.tell(await load_status(session, info, items))
