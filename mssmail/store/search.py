"""SEARCH: what stored columns can answer becomes SQL; what only its text can, is asked of candidates one by one.

From the tree of conditions follows one that every match fulfils. Rows that do are read in pages, the exact conditions
inside mixed branches are selected along with them, and the tree decides; of a text the trigrams are asked first. So
each key has one implementation, and no read stays open for long.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_ as and_bits
from operator import or_ as or_bits
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Connection, Result, Row, and_, func, or_, select, true
from sqlalchemy.sql import visitors

from mssmail.core.mailbox import UID
from mssmail.core.search import And, Not, Or, SearchKey
from mssmail.errors import TooBig
from mssmail.store.conditions import AndNode, Asked, Exact, Node, NotNode, OrNode, compile_key
from mssmail.store.grams import BLOCK, GramIndex
from mssmail.store.reading import Reading
from mssmail.store.schema import mailbox_rows, messages

PAGE_ROWS = 20_000  # UIDs of one read when SQL can tell
ASKED_ROWS = 5_000  # candidates of one read otherwise
OPENED_ROWS, OPENED_OCTETS = 200, 4_194_304  # of them, those whose text is looked at, and octets of it
MAX_KEYS = 400  # SQLite takes expressions of a thousand levels; no mail program comes near


@dataclass(frozen=True, slots=True)
class Page:
    """Matches of one read, ascending; go on after ``following``, None at the end."""

    uids: Sequence[UID]
    following: UID | None


class Search:
    """A search in one mailbox, ready to be asked page by page."""

    def __init__(self, mailbox_id: int, root: Node) -> None:
        self._root = root
        self._limit = PAGE_ROWS if isinstance(root, Exact) else ASKED_ROWS
        exact = [] if isinstance(root, Exact) else _list_exact(root)
        self._places = {id(node): 2 + place for place, node in enumerate(exact)}
        conditions = [node.condition for node in exact]
        cover = _cover(root)
        wanted = select(mailbox_rows.c.uid, mailbox_rows.c.message_id, *conditions)
        if any(_asks_messages(condition) for condition in (cover, *conditions)):
            wanted = wanted.join(messages, messages.c.id == mailbox_rows.c.message_id)
        self._wanted = wanted.where(mailbox_rows.c.mailbox_id == mailbox_id, cover)

    def find_page(self, conn: Connection, after: UID) -> Page:
        """The matches among the next candidates."""
        wanted = self._wanted.where(mailbox_rows.c.uid > after).order_by(mailbox_rows.c.uid).limit(self._limit)
        if isinstance(self._root, Exact):  # one value: so many rows take longer to come out than to be found
            uids = json.loads(conn.execute(select(func.json_group_array(wanted.subquery().c.uid))).scalar_one())
            return Page(uids, uids[-1] if len(uids) == self._limit else None)
        with conn.execute(wanted) as rows:  # read one by one: we may well stop before the last
            return self._ask(rows, GramIndex(conn))

    def _ask(self, rows: Result[*tuple[Any, ...]], index: GramIndex) -> Page:
        found: list[UID] = []
        blocks: dict[int, int] = {}  # a bit for each message that may match, as far as trigrams tell
        count = opened = octets = 0
        row = None
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is asked for below
            block, slot = divmod(row[1], BLOCK)
            bits = blocks.get(block)
            if bits is None:
                bits = blocks[block] = _find_bits(self._root, block, index)
            if not bits >> slot & 1:
                continue
            reading = Reading(index.conn, row[1])
            if self._decide(self._root, row, reading, index):
                found.append(row[0])
            opened += reading.octets > 0
            octets += reading.octets
            if octets > OPENED_OCTETS or opened == OPENED_ROWS:
                return Page(found, row[0])
        return Page(found, None if row is None or count < self._limit else row[0])

    def _decide(self, node: Node, row: Row[*tuple[Any, ...]], reading: Reading, index: GramIndex) -> bool:
        match node:
            case Exact():
                return bool(row[self._places[id(node)]])
            case Asked(ask, _, clue):
                return index.may_hold(row[1], clue) and ask(row[0], reading)
            case NotNode(inner):
                return not self._decide(inner, row, reading, index)
            case AndNode(nodes):
                return all(self._decide(inner, row, reading, index) for inner in nodes)
            case OrNode(nodes):
                return any(self._decide(inner, row, reading, index) for inner in nodes)
        assert_never(node)


def build_search(mailbox_id: int, key: SearchKey) -> Search:
    """The search for this key; raises TooBig for one with too many keys."""
    if _count(key) > MAX_KEYS:
        raise TooBig("the search has too many keys")
    return Search(mailbox_id, compile_key(key))


def _count(key: SearchKey) -> int:
    match key:
        case Not(inner):
            return 1 + _count(inner)
        case Or(left, right):
            return 1 + _count(left) + _count(right)
        case And(keys):
            return 1 + sum(map(_count, keys))
    return 1


def _cover(node: Node) -> ColumnElement[bool]:
    """A condition that holds for every match."""
    match node:
        case Exact(condition) | Asked(_, condition):
            return condition
        case NotNode():
            return true()
        case AndNode(nodes):
            return and_(*map(_cover, nodes))
        case OrNode(nodes):
            return or_(*map(_cover, nodes))
    assert_never(node)


def _find_bits(node: Node, block: int, index: GramIndex) -> int:
    """A bit for each message of the block that may match, as far as its trigrams tell."""
    match node:
        case Asked(_, _, clue):
            return index.find_bits(block, clue)
        case Exact() | NotNode():
            return -1
        case AndNode(nodes):
            return reduce(and_bits, (_find_bits(inner, block, index) for inner in nodes))
        case OrNode(nodes):
            return reduce(or_bits, (_find_bits(inner, block, index) for inner in nodes))
    assert_never(node)


def _asks_messages(condition: ColumnElement[bool]) -> bool:
    return any(getattr(element, "table", None) is messages for element in visitors.iterate(condition))


def _list_exact(node: Node) -> list[Exact]:
    match node:
        case Exact():
            return [node]
        case Asked():
            return []
        case NotNode(inner):
            return _list_exact(inner)
        case AndNode(nodes) | OrNode(nodes):
            return [exact for inner in nodes for exact in _list_exact(inner)]
    assert_never(node)
