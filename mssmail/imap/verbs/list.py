r"""LIST, LSUB and XLIST (RFC 3501 §6.3.8, §6.3.9; RFC 5258; RFC 5819; RFC 6154).

Special uses and \HasChildren are told in every form, asked for or not: many clients never learnt to ask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mssmail.errors import NoSuchMailbox, ReadOnly
from mssmail.imap.patterns import DELIMITER, list_missing_parents, list_parents, matches, normalise_pattern
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.tree import NO_SELECT, Tree, load_tree
from mssmail.imap.verbs.status import load_status, note_items
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.responses import ListLine

_MAX_PATTERNS = 100
_XLIST_INBOX = "\\Inbox"


async def run(session: Session, command: c.List) -> Answer:
    """One line a mailbox, each followed by its STATUS when that was asked for (RFC 5819 §2)."""
    if command.patterns == ("",) and not command.is_extended:  # RFC 9051 §6.3.9: what is the delimiter?
        await session.tell(ListLine("", (NO_SELECT,), name=command.name))
        return ok(f"{command.name} completed")
    await note_items(session, command.status_items)
    names = await load_tree(session.store, session.owner)
    asked = [pattern for pattern in command.patterns[:_MAX_PATTERNS] if pattern]  # RFC 5258 §3: "" matches nothing
    patterns = [normalise_pattern(command.reference, pattern) for pattern in asked]
    lines = _list_subscribed(names, patterns) if command.name == "LSUB" else _list_all(names, patterns, command)
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


def _list_all(names: Tree, patterns: list[str], command: c.List) -> Iterator[ListLine]:
    wants_subscribed = "SUBSCRIBED" in command.selection
    candidates = [*names.mailboxes, *list_missing_parents(names.mailboxes)]
    if wants_subscribed:
        above = {parent for name in names.subscribed for parent in list_parents(name)}
        candidates += sorted((names.subscribed | above) - set(candidates))
    for name in candidates:
        if not any(matches(name, pattern) for pattern in patterns):
            continue
        below = _find_chosen_below(names, name, command)
        if not (_is_chosen(names, name, command) or _has_more_below(below, patterns)):
            continue
        attributes = names.describe(name)
        if name in names.subscribed and (wants_subscribed or "SUBSCRIBED" in command.returns):
            attributes += ("\\Subscribed",)
        if command.is_extended and name not in names.mailboxes:
            attributes = ("\\NonExistent", *(word for word in attributes if word != NO_SELECT))  # RFC 5258 §3, §3.5
        if command.name == "XLIST" and name == "INBOX":
            attributes += (_XLIST_INBOX,)
        yield ListLine(name, attributes, name=command.name, child_info=("SUBSCRIBED",) if below else ())


def _is_chosen(names: Tree, name: str, command: c.List) -> bool:
    """The selection options let it through (RFC 5258 §3.1, RFC 6154 §5.2)."""
    info = names.mailboxes.get(name)
    if "SPECIAL-USE" in command.selection and not (info and info.special_use):
        return False
    return "SUBSCRIBED" not in command.selection or name in names.subscribed


def _find_chosen_below(names: Tree, name: str, command: c.List) -> list[str]:
    """What CHILDINFO is about: something below it was chosen (RFC 5258 §3.5). Only RECURSIVEMATCH asks for it."""
    if "RECURSIVEMATCH" not in command.selection:
        return []
    below = name + DELIMITER
    return [other for other in names.subscribed if other.startswith(below) and _is_chosen(names, other, command)]


def _has_more_below(below: Sequence[str], patterns: list[str]) -> bool:
    """Something chosen below it is not listed itself: only then CHILDINFO says what is new (RFC 9051 §6.3.9.6)."""
    return not all(any(matches(other, pattern) for pattern in patterns) for other in below)


def _list_subscribed(names: Tree, patterns: list[str]) -> Iterator[ListLine]:
    r"""LSUB: subscribed names; a parent that ``%`` stops at is told as \Noselect (RFC 3501 §6.3.9)."""
    parents = {parent for name in names.subscribed for parent in list_parents(name)} - names.subscribed
    stopped = {
        parent for parent in parents if any(pattern.endswith("%") and matches(parent, pattern) for pattern in patterns)
    }
    for name in sorted({name for name in names.subscribed if any(matches(name, p) for p in patterns)} | stopped):
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
