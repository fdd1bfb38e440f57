"""Threads of messages: THREAD=ORDEREDSUBJECT and THREAD=REFERENCES (RFC 5256 §3), as pure functions.

Messages come in their mailbox's order. They and the dummies, which stand for messages that are spoken of and not here,
are numbered while the work goes on; nothing recurses, for a chain of replies may be as long as the mailbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple


class Threadable(NamedTuple):
    """What is compared of one message. ``references`` has one id a line; ``sent`` grows with time, no two alike.

    Numbers that are small and unique are sorted at once where dates would be compared one by one, and while a hundred
    thousand of anything are being sorted, no other thread has its turn.
    """

    uid: int
    message_ref: str
    references: str
    base_subject: str
    is_reply: bool
    sent: int


@dataclass(frozen=True, slots=True)
class Forest:
    """Threads in order: UIDs, or below zero for a dummy, which has two children at least."""

    roots: Sequence[int]
    children: Mapping[int, Sequence[int]]  # only of those that have some


def name_thread(message_id: int, message_ref: str, references: str) -> str:
    """The THREADID of a message (RFC 8474 §5.2): that of what its References, one a line, begin with; else its own.

    It follows from the message alone, so that it never changes and costs nothing to keep.
    """
    root = references.partition("\n")[0] or message_ref or f"\n{message_id}"
    return "T" + blake2b(root.encode("utf-8", "replace"), digest_size=16).hexdigest()


def thread_by_subject(messages: Sequence[Threadable]) -> Forest:
    """ORDEREDSUBJECT: messages of one base subject by the date they were sent, all below the first."""
    groups: dict[str, list[int]] = {}
    for message in sorted(messages, key=attrgetter("sent")):  # so are the groups, and each of them within
        groups.setdefault(message.base_subject, []).append(message.uid)
    children = {group[0]: group[1:] for group in groups.values() if len(group) > 1}
    return Forest([group[0] for group in groups.values()], children)


def thread_by_references(messages: Sequence[Threadable]) -> Forest:
    """REFERENCES: replies below what they answer, then threads of one base subject together."""
    weaver = _Weaver(messages)
    weaver.link()
    weaver.gather()
    weaver.merge()
    return weaver.finish()


@dataclass(slots=True)
class _Weaver:
    """Nodes by number: the messages' places first, dummies from ``len(messages)`` on."""

    messages: Sequence[Threadable]
    parents: list[int] = field(default_factory=list)  # -1: none
    has_child: bytearray = field(default_factory=bytearray)  # it has, or had: only such may be an ancestor
    children: dict[int, list[int]] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)

    def link(self) -> None:
        """Step 1: parents by References; ids that are there twice belong to the first who has them."""
        count = len(self.messages)
        self.parents = [-1] * count
        self.has_child = bytearray(count)
        nodes: dict[str, int] = {}
        for place, message in enumerate(self.messages):
            if message.message_ref:
                nodes.setdefault(message.message_ref, place)
        for place, message in enumerate(self.messages):
            if message.references:
                self._link_message(place, message.references.split("\n"), nodes)
            else:
                self.parents[place] = -1

    def _link_message(self, place: int, references: Sequence[str], nodes: dict[str, int]) -> None:
        last = -1
        for reference in references:
            node = nodes.get(reference)
            if node is None:
                node = nodes[reference] = len(self.parents)
                self.parents.append(-1)
                self.has_child.append(0)
            if last >= 0 and self.parents[node] < 0:
                self._adopt(node, last)
            last = node
        self.parents[place] = -1  # step 1.B: what others said of it may have been cut short
        self._adopt(place, last)

    def _adopt(self, node: int, parent: int) -> None:
        """Make it the parent, unless that would close a circle."""
        if node == parent:
            return
        if self.has_child[node]:
            above = parent
            while above >= 0:
                if above == node:
                    return
                above = self.parents[above]
        self.parents[node] = parent
        self.has_child[parent] = 1

    def gather(self) -> None:
        """Steps 2 and 3: children by parent; dummies go and leave theirs, but never several to the root."""
        kept: dict[int, list[int]] = {}
        tops: list[int] = []
        for node, parent in enumerate(self.parents):
            if parent < 0:
                tops.append(node)
            else:
                kept.setdefault(parent, []).append(node)
        count = len(self.messages)
        holders = {parent for parent in self.parents[count:] if 0 <= parent < count}
        for node in (*holders, *(top for top in tops if top >= count and top in kept)):
            kept[node] = self._splice(kept[node], kept)
        self.children = kept
        for node in tops:
            if node < len(self.messages) or len(kept.get(node, ())) > 1:
                self.roots.append(node)
            else:
                self.roots += kept.pop(node, [])

    def _splice(self, nodes: Sequence[int], kept: dict[int, list[int]]) -> list[int]:
        """The nodes with what is below dummies in place of these."""
        spliced: list[int] = []
        waiting = list(reversed(nodes))
        while waiting:
            node = waiting.pop()
            if self._is_dummy(node):
                waiting.extend(reversed(kept.pop(node, ())))
            else:
                spliced.append(node)
        return spliced

    def merge(self) -> None:
        """Steps 4 and 5: threads of one base subject together."""
        self._sort_siblings()
        table: dict[str, int] = {}
        subjects = [self.messages[speaker].base_subject for speaker in self._list_speakers()]
        for node, subject in zip(self.roots, subjects, strict=True):
            if subject and table.setdefault(subject, node) != node:
                self._enter(table, subject, node)
        gone: set[int] = set()
        added: list[int] = []
        for node, subject in zip(self.roots, subjects, strict=True):
            if subject and table[subject] != node and node not in gone:
                self._merge(table, subject, node, gone, added)
        self.roots = [node for node in (*self.roots, *added) if node not in gone]

    def _enter(self, table: dict[str, int], subject: str, node: int) -> None:
        """Step 5.B: a dummy speaks for its subject, else one that is no reply."""
        other = table[subject]
        if not self._is_dummy(other) and (
            self._is_dummy(node) or (self.messages[other].is_reply and not self.messages[node].is_reply)
        ):
            table[subject] = node

    def _merge(self, table: dict[str, int], subject: str, node: int, gone: set[int], added: list[int]) -> None:
        """Step 5.C."""
        other = table[subject]
        if self._is_dummy(other):
            self.children[other] += self.children.pop(node) if self._is_dummy(node) else [node]
        elif self.messages[node].is_reply and not self.messages[other].is_reply:
            self.children.setdefault(other, []).append(node)
        else:
            dummy = len(self.parents)
            self.parents.append(-1)
            self.children[dummy] = [other, node]
            table[subject] = dummy
            gone.add(other)
            added.append(dummy)
        gone.add(node)

    def finish(self) -> Forest:
        """Step 6: all siblings by date."""
        self._sort_siblings()
        count = len(self.messages)
        named = [message.uid for message in self.messages]
        named += [count - node - 1 for node in range(count, len(self.parents))]
        children = {named[node]: [named[child] for child in below] for node, below in self.children.items() if below}
        return Forest([named[node] for node in self.roots], children)

    def _sort_siblings(self) -> None:
        """Children of everyone first, all of them messages: a dummy at the top is as old as its first child."""
        ages = [message.sent for message in self.messages]
        for below in self.children.values():
            if len(below) > 1:
                below.sort(key=ages.__getitem__)
        speakers = dict(zip(self.roots, self._list_speakers(), strict=True))
        self.roots.sort(key=lambda node: ages[speakers[node]])

    def _list_speakers(self) -> list[int]:
        """The message that stands for each thread."""
        count = len(self.messages)
        return [node if node < count else self.children[node][0] for node in self.roots]

    def _is_dummy(self, node: int) -> bool:
        return node >= len(self.messages)
