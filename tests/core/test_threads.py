"""Threads, by example and against a model: RFC 5256 §3 word by word, with objects that point at each other."""

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mssmail.core.threads import Forest, Threadable, name_thread, thread_by_references, thread_by_subject


@dataclass(eq=False)
class Node:
    """A message of the model; without one, a dummy."""

    message: Threadable | None = None
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)

    def move_below(self, parent: "Node | None") -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
        self.parent = parent
        if parent is not None:
            parent.children.append(self)

    def is_above(self, other: "Node") -> bool:
        return self is other or any(child.is_above(other) for child in self.children)

    @property
    def speaker(self) -> Threadable:
        return self.message or self.children[0].speaker

    @property
    def age(self) -> tuple[int, int]:
        return self.speaker.sent, self.speaker.uid

    def sort(self) -> None:
        for child in self.children:
            child.sort()
        self.children.sort(key=lambda node: node.age)


def _link(messages: list[Threadable]) -> Node:
    """Steps 1 and 2: the root, whose children have no parents."""
    by_id: dict[str, Node] = {}
    nodes = []
    for message in messages:
        node = Node(message)
        nodes.append(node)
        if message.message_ref and message.message_ref not in by_id:
            by_id[message.message_ref] = node
    everyone = list(nodes)
    for node in nodes:
        assert node.message is not None
        previous = None
        for reference in node.message.references.split("\n") if node.message.references else []:
            if reference not in by_id:
                by_id[reference] = Node()
                everyone.append(by_id[reference])
            current = by_id[reference]
            if previous is not None and current.parent is None and not current.is_above(previous):
                current.move_below(previous)
            previous = current
        node.move_below(None)
        if previous is not None and not node.is_above(previous):
            node.move_below(previous)
    root = Node()
    for node in everyone:
        if node.parent is None:
            node.move_below(root)
    return root


def _prune(node: Node, *, is_root: bool) -> None:
    """Step 3."""
    for child in list(node.children):
        _prune(child, is_root=False)
    for child in list(node.children):
        if child.message is None and (not is_root or len(child.children) <= 1):
            for grandchild in list(child.children):
                grandchild.move_below(node)
            child.move_below(None)


def _merge(root: Node) -> None:
    """Step 5."""
    table: dict[str, Node] = {}
    for node in root.children:
        subject = node.speaker.base_subject
        if not subject:
            continue
        other = table.get(subject)
        if other is None or (
            other.message is not None
            and (node.message is None or (other.message.is_reply and not node.message.is_reply))
        ):
            table[subject] = node
    for node in list(root.children):
        subject = node.speaker.base_subject
        if not subject or node.parent is not root or table[subject] is node:
            continue
        other = table[subject]
        if other.message is None and node.message is None:
            for child in list(node.children):
                child.move_below(other)
            node.move_below(None)
        elif other.message is None or (
            node.message is not None and node.message.is_reply and not other.message.is_reply
        ):
            node.move_below(other)
        else:
            dummy = Node()
            dummy.move_below(root)
            other.move_below(dummy)
            node.move_below(dummy)
            table[subject] = dummy


Shape = tuple[object, ...]


def _model(messages: list[Threadable]) -> list[Shape]:
    root = _link(messages)
    _prune(root, is_root=True)
    root.sort()
    _merge(root)
    root.sort()

    def shape(node: Node) -> Shape:
        return (0 if node.message is None else node.message.uid, *map(shape, node.children))

    return [shape(node) for node in root.children]


def _shape(forest: Forest) -> list[Shape]:
    def shape(node: int) -> Shape:
        return (max(node, 0), *map(shape, forest.children.get(node, ())))

    return [shape(node) for node in forest.roots]


def _date(messages: list[Threadable]) -> list[Threadable]:
    """The same with the order of their dates instead; of one moment, the first in the mailbox is the older."""
    ranks = {message.uid: rank for rank, message in enumerate(sorted(messages, key=lambda each: each.sent))}
    return [message._replace(sent=ranks[message.uid]) for message in messages]


IDS = ["", "a", "b", "c", "d", "e"]
MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.lists(st.sampled_from(IDS[1:]), max_size=4).map("\n".join),
        st.sampled_from(["", "S", "T"]),
        st.booleans(),
        st.integers(1, 3),
    ),
    max_size=9,
).map(lambda rows: _date([Threadable(uid, *row) for uid, row in enumerate(rows, 1)]))


@given(MESSAGES)
@example([Threadable(1, "a", "b", "", False, 1), Threadable(2, "b", "a", "", False, 2)])
def test_threads_are_those_of_the_model(messages: list[Threadable]) -> None:
    assert _shape(thread_by_references(messages)) == _model(messages)


@given(MESSAGES)
def test_every_message_is_in_one_place_whatever_it_refers_to(messages: list[Threadable]) -> None:
    for forest in (thread_by_references(messages), thread_by_subject(messages)):
        named = [*forest.roots, *(child for below in forest.children.values() for child in below)]
        assert sorted(node for node in named if node > 0) == [message.uid for message in messages]
        assert all(len(forest.children[node]) > 1 for node in named if node < 0)


def _plain(
    uid: int, subject: str, sent: int, ref: str = "", references: str = "", *, reply: bool = False
) -> Threadable:
    return Threadable(uid, ref, references, subject, reply, sent)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], []),
        ([_plain(1, "A", 2), _plain(2, "B", 1)], [(2,), (1,)]),
        ([_plain(1, "A", 1, "a"), _plain(2, "A", 2, "b", "a", reply=True)], [(1, (2,))]),
        ([_plain(1, "A", 1, "a", "x"), _plain(2, "B", 2, "b", "x")], [(0, (1,), (2,))]),  # replies to what is not here
        ([_plain(1, "A", 1, "a", "x")], [(1,)]),
        ([_plain(1, "A", 1), _plain(2, "A", 2, reply=True)], [(1, (2,))]),
        ([_plain(1, "A", 1, reply=True), _plain(2, "A", 2)], [(2, (1,))]),
        ([_plain(1, "A", 1), _plain(2, "A", 2), _plain(3, "A", 3)], [(0, (1,), (2,), (3,))]),
        ([_plain(1, "", 1), _plain(2, "", 2)], [(1,), (2,)]),
        ([_plain(1, "A", 1, "a"), _plain(2, "B", 2, "a"), _plain(3, "C", 3, "c", "a")], [(1, (3,)), (2,)]),
        ([_plain(1, "A", 1, "a", "a")], [(1,)]),  # its own answer
        ([_plain(3, "A", 1, "c", "a\nb"), _plain(5, "A", 2, "b", "a")], [(5, (3,))]),  # b takes its place later
    ],
)
def test_gathers_by_references(messages: list[Threadable], expected: list[Shape]) -> None:
    assert _shape(thread_by_references(messages)) == expected


def test_a_thread_is_named_by_what_its_references_begin_with() -> None:
    first = name_thread(1, "a@x", "")
    assert name_thread(2, "b@x", "a@x") == name_thread(3, "c@x", "a@x\nb@x") == first
    assert len({first, name_thread(4, "d@x", ""), name_thread(5, "", ""), name_thread(6, "", "")}) == 4
    assert name_thread(7, "\ud800", "")[0] == "T"


def test_gathers_by_subject_below_the_first_of_each() -> None:
    messages = [_plain(1, "B", 5), _plain(2, "A", 9), _plain(3, "B", 1), _plain(4, "B", 7), _plain(5, "", 6)]
    assert _shape(thread_by_subject(messages)) == [(3, (1,), (4,)), (5,), (2,)]
    assert thread_by_subject([]) == Forest([], {})


def test_a_chain_of_replies_may_be_as_long_as_the_mailbox() -> None:
    chain = [_plain(uid, "A", uid, str(uid), str(uid - 1) if uid > 1 else "") for uid in range(1, 20_001)]
    forest = thread_by_references(chain)
    assert forest.roots == [1]
    assert len(forest.children) == 19_999
