"""Which events of which mailboxes: names, subtrees, scopes, and NONE."""

import pytest

from mssmail.imap.interests import NOTHING, Interests, normalise_name
from mssmail.imap.wire.fetch_values import FetchItem
from mssmail.imap.wire.notify_values import EventGroup, Happening, Scope

NAME, SUBSCRIPTION = Happening.MAILBOX_NAME, Happening.SUBSCRIPTION_CHANGE
MESSAGES = frozenset({Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE})


def _ask(scope: Scope, *names: str) -> Interests:
    return Interests([EventGroup(scope, frozenset({NAME}), names)])


@pytest.mark.parametrize(
    ("interests", "name", "is_subscribed", "is_meant"),
    [
        (_ask(Scope.INBOXES), "INBOX", False, True),
        (_ask(Scope.INBOXES), "Sent", True, False),
        (_ask(Scope.INBOXES), "Other Users/b@a.test", True, False),
        (_ask(Scope.PERSONAL), "a/b", False, True),
        (_ask(Scope.PERSONAL), "Other UsersX", False, True),
        (_ask(Scope.PERSONAL), "Other Users", True, False),
        (_ask(Scope.PERSONAL), "Other Users/b@a.test/Sent", True, False),
        (_ask(Scope.SUBSCRIBED), "a", True, True),
        (_ask(Scope.SUBSCRIBED), "a", False, False),
        (_ask(Scope.MAILBOXES, "a", "inbox"), "INBOX", False, True),
        (_ask(Scope.MAILBOXES, "a"), "a/b", False, False),
        (_ask(Scope.MAILBOXES, "*", "a%"), "a", True, False),
        (_ask(Scope.MAILBOXES, "*"), "*", False, True),
        (_ask(Scope.MAILBOXES, "e\N{COMBINING ACUTE ACCENT}/"), "é", False, True),
        (_ask(Scope.SUBTREE, "a"), "a", False, True),
        (_ask(Scope.SUBTREE, "a/"), "a/b/c", False, True),
        (_ask(Scope.SUBTREE, "a"), "ab", False, False),
        (_ask(Scope.SUBTREE, "a/b"), "a", False, False),
        (_ask(Scope.SUBTREE, "Inbox"), "INBOX/x", False, True),
        (_ask(Scope.SUBTREE, "Other Users"), "Other Users/b@a.test", False, True),
        (_ask(Scope.SELECTED), "INBOX", True, False),
    ],
)
def test_a_scope_means_these_mailboxes(interests: Interests, name: str, is_subscribed: bool, is_meant: bool) -> None:
    assert interests.find_events(name, is_subscribed=is_subscribed) == ({NAME} if is_meant else NOTHING)


def test_events_of_several_groups_add_up() -> None:
    interests = Interests(
        [
            EventGroup(Scope.MAILBOXES, MESSAGES, ("INBOX",)),
            EventGroup(Scope.PERSONAL, frozenset({SUBSCRIPTION})),
            EventGroup(Scope.MAILBOXES, frozenset({NAME}), ("INBOX", "a")),
        ]
    )
    assert interests.find_events("INBOX", is_subscribed=False) == MESSAGES | {SUBSCRIPTION, NAME}
    assert interests.find_message_events("INBOX", is_subscribed=False) == MESSAGES
    assert interests.find_events("a", is_subscribed=False) == {SUBSCRIPTION, NAME}
    assert interests.is_wide
    assert interests.wants(frozenset({NAME}))
    assert not interests.wants(frozenset({Happening.FLAG_CHANGE}))


@pytest.mark.parametrize("is_last", [True, False])
def test_none_means_none_whatever_other_groups_say(is_last: bool) -> None:
    groups = [EventGroup(Scope.PERSONAL, MESSAGES), EventGroup(Scope.SUBTREE, mailboxes=("Junk",))]
    interests = Interests(groups if is_last else groups[::-1])
    assert interests.find_events("Junk/old", is_subscribed=True) == NOTHING
    assert interests.find_events("Sent", is_subscribed=True) == MESSAGES


def test_the_selected_mailbox_is_a_matter_of_its_own() -> None:
    interests = Interests([EventGroup(Scope.SELECTED_DELAYED, MESSAGES, items=(FetchItem("UID"),))])
    assert (interests.of_selected, interests.items, interests.is_delayed) == (MESSAGES, (FetchItem("UID"),), True)
    assert not interests.is_wide
    immediate = Interests([EventGroup(Scope.SELECTED, MESSAGES), EventGroup(Scope.PERSONAL, frozenset({NAME}))])
    assert not immediate.is_delayed
    assert immediate.is_wide
    nothing = Interests(())
    assert (nothing.of_selected, nothing.items, nothing.is_delayed, nothing.is_wide) == (NOTHING, (), False, False)


def test_names_are_compared_as_they_are_kept() -> None:
    assert normalise_name("inBOX/a/") == "INBOX/a"
