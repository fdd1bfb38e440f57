r"""What to say when mailboxes came, went, were renamed, opened, closed or (un)subscribed (RFC 5465 §5.4, §5.5, §5.9).

Two pictures of the names are compared: whoever made the change, and in which process, does not matter. A mailbox that
was closed to the account looks like one that was deleted: both are told as \NonExistent, and when it was another's as
\NoAccess too, so that nobody learns which of the two it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mssmail.core.mailbox import OTHER_USERS, list_parents
from mssmail.imap.interests import Interests, Overflow
from mssmail.imap.patterns import DELIMITER, list_all_parents
from mssmail.imap.tree import NO_SELECT, NON_EXISTENT, Tree
from mssmail.imap.wire.notify_values import Happening
from mssmail.imap.wire.responses import ListLine

NO_ACCESS, SUBSCRIBED = "\\NoAccess", "\\Subscribed"
_OTHERS = OTHER_USERS + DELIMITER
MAX_RENAMED_TREES: Final = 200  # at a time: each is work for every mailbox there is


@dataclass(frozen=True, slots=True)
class Outline:
    """As much of a tree as is needed to see what changed in it."""

    names: Mapping[int, str]  # of all that may be looked up
    closed: frozenset[int]  # of them, those that may not be read
    subscribed: frozenset[str]


def outline(tree: Tree) -> Outline:
    """The outline of a tree."""
    names = {info.id: name for name, info in tree.mailboxes.items()}
    closed = frozenset(info.id for info in tree.mailboxes.values() if "r" not in info.rights)
    return Outline(names, closed, tree.subscribed)


@dataclass(frozen=True, slots=True)
class Turn:
    """From one picture to the next. ``own``: names that this client itself created, deleted, renamed or (un)subscribed.

    ``origins``: new mailboxes that took over what was in another, by their ids.
    """

    before: Outline
    after: Outline
    own: frozenset[str] = frozenset()
    origins: Mapping[int, int] = field(default_factory=dict)

    @property
    def come(self) -> Mapping[str, int]:
        """New names of mailboxes that were not there, with their ids."""
        return {name: id for id, name in self.after.names.items() if id not in self.before.names}

    @property
    def gone(self) -> frozenset[str]:
        """Names of mailboxes that are not there any more; others may have them now."""
        return frozenset(name for id, name in self.before.names.items() if id not in self.after.names)

    def is_subscribed(self, name: str) -> bool:
        """It was or is: a filter of subscribed mailboxes covers the change itself."""
        return name in self.before.subscribed or name in self.after.subscribed


def list_news(turn: Turn, tree: Tree, interests: Interests) -> list[ListLine]:
    """One line for each name of interest; ``tree`` is what is there now."""
    found: dict[str, str] = {}  # the name, and what it was called before
    for name, old_name in _find_affected(turn, interests):
        found[name] = found.get(name) or old_name
    return [
        ListLine(name, describe(tree, name, was_shared=name.startswith(_OTHERS)), old_name=old)
        for name, old in found.items()
    ]


def describe(tree: Tree, name: str, *, was_shared: bool = False) -> tuple[str, ...]:
    r"""All attributes, \Subscribed among them, as they are now."""
    info = tree.mailboxes.get(name)
    attributes = tree.describe(name)
    if info is None:
        gone = (NON_EXISTENT, NO_ACCESS) if was_shared else (NON_EXISTENT,)
        attributes = (*gone, *(word for word in attributes if word != NO_SELECT))
    elif "r" not in info.rights:
        attributes = (NO_ACCESS, *(word for word in attributes if word != NO_SELECT))
    return (*attributes, SUBSCRIBED) if name in tree.subscribed else attributes


def list_closed(tree: Tree, interests: Interests) -> list[ListLine]:
    r"""\NoAccess for what is of interest, may be looked up and may not be read (RFC 5465 §3.1)."""
    return [
        ListLine(name, describe(tree, name))
        for name, info in tree.mailboxes.items()
        if "r" not in info.rights and interests.find_events(name, is_subscribed=name in tree.subscribed)
    ]


def _find_affected(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    """In an order in which a client can follow: what is gone first, under the name it had, then what has another."""
    yield from _find_gone(turn, interests)
    yield from _find_renamed(turn, interests)
    yield from _find_come(turn, interests)
    yield from _find_parents(turn, interests)
    yield from _find_opened_and_closed(turn, interests)
    for name in sorted((turn.before.subscribed ^ turn.after.subscribed) - turn.own):
        if _has(turn, interests, Happening.SUBSCRIPTION_CHANGE, name):
            yield name, ""


def _has(turn: Turn, interests: Interests, event: Happening, *names: str) -> bool:
    return any(event in interests.find_events(name, is_subscribed=turn.is_subscribed(name)) for name in names)


def _find_renamed(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    """Children go with their parent, and nothing is said of them (RFC 5465 §5.4), unless they ended elsewhere."""
    before, after = turn.before.names, turn.after.names
    heard = {id: before[id] for id in before.keys() & after.keys()}  # by the client, once it has read so far
    parents = set(list_all_parents(heard.values()))
    trees = 0
    for mailbox_id in sorted(heard, key=lambda id: (after[id].count(DELIMITER), after[id])):
        old, new = heard[mailbox_id], after[mailbox_id]
        if old == new:
            continue
        heard[mailbox_id] = new
        if old in parents:
            trees += 1
            if trees > MAX_RENAMED_TREES:
                raise Overflow
            below = {id: new + name[len(old) :] for id, name in heard.items() if name.startswith(old + DELIMITER)}
            parents |= list_all_parents(below.values())
            heard |= below
        if not {old, new} & turn.own and _has(turn, interests, Happening.MAILBOX_NAME, old, new):
            yield new, old


def _find_gone(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    for name in sorted(turn.gone - turn.own):
        if _has(turn, interests, Happening.MAILBOX_NAME, name):
            yield name, ""
        elif name.startswith(_OTHERS) and _is_watched(turn, interests, name):
            yield name, ""  # RFC 5465 §5.9


def _find_come(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    own = turn.own | list_all_parents(turn.own)  # CREATE makes those it needs
    for name, origin in sorted(turn.come.items()):
        old_name = turn.before.names.get(turn.origins.get(origin, 0), "")
        if name not in own and _has(turn, interests, Happening.MAILBOX_NAME, name, old_name or name):
            yield name, old_name


def _find_parents(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    """Direct parents, there or not, which may have children now or none any more; what was renamed is told already."""
    renamed = {name for id, name in turn.before.names.items() if turn.after.names.get(id) != name}
    own = turn.own | list_all_parents(turn.own)
    for name in sorted((turn.come.keys() - own) | (turn.gone - turn.own)):
        for parent in list_parents(name)[-1:]:
            if parent not in renamed and _has(turn, interests, Happening.MAILBOX_NAME, parent):
                yield parent, ""


def _find_opened_and_closed(turn: Turn, interests: Interests) -> Iterator[tuple[str, str]]:
    still = turn.before.names.keys() & turn.after.names.keys()
    for mailbox_id in still & (turn.before.closed ^ turn.after.closed):
        name = turn.after.names[mailbox_id]
        if _is_watched(turn, interests, name):
            yield name, ""


def _is_watched(turn: Turn, interests: Interests, name: str) -> bool:
    return bool(interests.find_events(name, is_subscribed=turn.is_subscribed(name)))


def follow_names(turn: Turn) -> Iterable[str]:
    """Names that stand for another mailbox than before: who asked for flags hears of the new UIDVALIDITY."""
    known = {name: id for id, name in turn.before.names.items()}
    return {name for id, name in turn.after.names.items() if known.get(name, id) != id}
