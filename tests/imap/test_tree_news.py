"""What LIST says of names that changed: two pictures compared."""

from collections.abc import Mapping

import pytest

from mssmail.core.mailbox import UID, MailboxInfo, ModSeq, UIDValidity
from mssmail.core.rights import LETTERS
from mssmail.imap.interests import Interests, Overflow
from mssmail.imap.patterns import list_all_parents
from mssmail.imap.tree import Tree
from mssmail.imap.tree_news import Turn, describe, follow_names, list_closed, list_news, outline
from mssmail.imap.wire.notify_values import EventGroup, Happening, Scope

NAME, SUBSCRIPTION, NEW = Happening.MAILBOX_NAME, Happening.SUBSCRIPTION_CHANGE, Happening.MESSAGE_NEW
BOX = "Other Users/b@a.test"
PERSONAL = Interests([EventGroup(Scope.PERSONAL, frozenset({NAME}))])
OTHERS = Interests([EventGroup(Scope.SUBTREE, frozenset({NAME}), ("Other Users",))])


def _tree(mailboxes: Mapping[str, int], *subscribed: str, closed: tuple[str, ...] = ()) -> Tree:
    infos = {
        name: MailboxInfo(id, name, UIDValidity(id), UID(1), ModSeq(1), rights="l" if name in closed else LETTERS)
        for name, id in mailboxes.items()
    }
    parents = list_all_parents(infos)
    return Tree(infos, frozenset(subscribed), parents)


def _tell(
    before: Tree, after: Tree, interests: Interests, own: tuple[str, ...] = (), origins: Mapping[int, int] | None = None
) -> list[str]:
    turn = Turn(outline(before), outline(after), frozenset(own), origins or {})
    return [
        f"{line.mailbox} {' '.join(word.removeprefix(chr(92)) for word in line.attributes)} {line.old_name}".rstrip()
        for line in list_news(turn, after, interests)
    ]


@pytest.mark.parametrize(
    ("before", "after", "own", "told"),
    [
        ({"a": 1}, {"a": 1}, (), []),
        ({}, {"a": 1}, (), ["a HasNoChildren"]),
        ({"a": 1}, {}, (), ["a NonExistent HasNoChildren"]),
        ({"a": 1}, {"a": 1, "a/b": 2}, (), ["a/b HasNoChildren", "a HasChildren"]),
        ({"a": 1, "a/b": 2}, {"a": 1}, (), ["a/b NonExistent HasNoChildren", "a HasNoChildren"]),
        ({}, {"a/b": 2}, (), ["a/b HasNoChildren", "a NonExistent HasChildren"]),
        ({"a": 1}, {"b": 1}, (), ["b HasNoChildren a"]),
        ({"a": 1, "a/x": 2, "a/x/y": 3}, {"b": 1, "b/x": 2, "b/x/y": 3}, (), ["b HasChildren a"]),
        ({"a": 1, "a/x": 2}, {"b": 1, "c": 2}, (), ["b HasNoChildren a", "c HasNoChildren b/x"]),
        ({"a": 1, "b": 2}, {"b": 1, "a": 2}, (), ["a HasNoChildren b", "b HasNoChildren a"]),
        (
            {"a": 1, "a/x": 2},
            {"b": 1, "a": 3, "a/x": 2},
            (),
            ["b HasNoChildren a", "a/x HasNoChildren b/x", "a HasChildren"],
        ),
        ({"a": 1, "a/x": 2}, {"b": 1}, (), ["a/x NonExistent HasNoChildren", "b HasNoChildren a"]),
        ({"a": 1}, {"a": 2}, (), ["a HasNoChildren"]),  # deleted and made again: once, as it is
        ({"a": 1}, {"b": 1, "a": 2}, (), ["b HasNoChildren a", "a HasNoChildren"]),
        # what the client did itself, and what came of it
        ({}, {"a": 1, "a/b": 2}, ("a/b",), []),
        ({"a": 1, "a/x": 2}, {"b": 1, "b/x": 2}, ("a", "b"), []),
        ({"a": 1}, {"c": 2}, ("a",), ["c HasNoChildren"]),
    ],
)
def test_names_that_came_went_or_changed(
    before: Mapping[str, int], after: Mapping[str, int], own: tuple[str, ...], told: list[str]
) -> None:
    assert _tell(_tree(before), _tree(after), PERSONAL, own) == told


def test_renaming_inbox_makes_a_new_one_and_says_nothing_of_it() -> None:
    before, after = _tree({"INBOX": 1}), _tree({"INBOX": 1, "old": 2})
    assert _tell(before, after, PERSONAL, origins={2: 1}) == ["old HasNoChildren INBOX"]


def test_only_what_is_of_interest_is_told() -> None:
    by_name = Interests([EventGroup(Scope.MAILBOXES, frozenset({NAME}), ("a/b", "x"))])
    assert _tell(_tree({}), _tree({"a": 1, "a/b": 2, "c": 3}), by_name) == ["a/b HasNoChildren"]
    assert _tell(_tree({"x": 1}), _tree({"y": 1}), by_name) == ["y HasNoChildren x"]
    messages = Interests([EventGroup(Scope.PERSONAL, frozenset({NEW}))])
    assert _tell(_tree({"x": 1}, "x"), _tree({"y": 2}), messages) == []


@pytest.mark.parametrize("scope", [Scope.PERSONAL, Scope.SUBSCRIBED])
def test_subscriptions_are_told_with_all_attributes(scope: Scope) -> None:
    interests = Interests([EventGroup(scope, frozenset({SUBSCRIPTION}))])
    before, after = _tree({"a": 1, "a/b": 2}, "a/b", "gone"), _tree({"a": 1, "a/b": 2}, "a", "new", "gone")
    assert _tell(before, after, interests) == [
        "a HasChildren Subscribed",
        "a/b HasNoChildren",
        "new NonExistent HasNoChildren Subscribed",
    ]
    assert _tell(before, after, interests, ("a", "new", "a/b")) == []


def test_what_was_closed_looks_like_what_was_deleted() -> None:
    before = _tree({BOX: 1, BOX + "/Sent": 2})
    closed, none = _tree({BOX: 1}), _tree({})
    assert _tell(before, closed, OTHERS) == [f"{BOX}/Sent NonExistent NoAccess HasNoChildren", f"{BOX} HasNoChildren"]
    assert _tell(before, none, OTHERS) == [
        f"{BOX} NonExistent NoAccess HasNoChildren",
        f"{BOX}/Sent NonExistent NoAccess HasNoChildren",
        "Other Users NonExistent HasNoChildren",
    ]


def test_who_watches_the_messages_of_anothers_box_hears_that_it_was_closed() -> None:
    messages = Interests([EventGroup(Scope.MAILBOXES, frozenset({NEW}), (BOX,))])
    open_box, closed = _tree({BOX: 1}), _tree({BOX: 1}, closed=(BOX,))
    assert _tell(open_box, closed, messages) == [f"{BOX} NoAccess HasNoChildren"]
    assert _tell(closed, open_box, messages) == [f"{BOX} HasNoChildren"]
    assert _tell(open_box, _tree({}), messages) == [f"{BOX} NonExistent NoAccess HasNoChildren"]
    assert _tell(open_box, closed, PERSONAL) == []
    assert [line.mailbox for line in list_closed(closed, messages)] == [BOX]
    assert list_closed(open_box, messages) == list_closed(closed, PERSONAL) == []
    assert describe(closed, BOX) == ("\\NoAccess", "\\HasNoChildren")


def test_names_that_stand_for_another_mailbox_are_found() -> None:
    turn = Turn(outline(_tree({"a": 1, "b": 2, "c": 3})), outline(_tree({"a": 4, "b": 2, "d": 3})))
    assert set(follow_names(turn)) == {"a"}


def test_so_many_trees_renamed_at_once_are_too_much() -> None:
    count = 250
    before = _tree({f"a{n}{below}": 2 * n + bool(below) + 1 for n in range(count) for below in ("", "/x")})
    after = _tree({f"b{n}{below}": 2 * n + bool(below) + 1 for n in range(count) for below in ("", "/x")})
    with pytest.raises(Overflow):
        _tell(before, after, PERSONAL)
    leaves = _tree({f"a{n}": n + 1 for n in range(5_000)}), _tree({f"b{n}": n + 1 for n in range(5_000)})
    assert len(_tell(*leaves, PERSONAL)) == 5_000
