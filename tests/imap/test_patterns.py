"""LIST's patterns against a slow but obvious model."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.imap.patterns import list_missing_parents, list_parents, matches, normalise_pattern


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("INBOX", "*", True),
        ("INBOX", "inbox", True),  # RFC 9051 §5.1: INBOX in any case
        ("INBOX", "inB%", True),
        ("INBOX/Lab", "inbox*", True),
        ("INBOX/Lab", "iN*x/%", True),
        ("INBOX/Lab", "*/lab", False),
        ("INBOXES", "inbox*", False),
        ("Sent", "sent", False),
        ("a/b", "%", False),
        ("a/b", "*", True),
        ("a/b", "a/%", True),
        ("a/b", "a%", False),
        ("a/b", "a*", True),
        ("a/b/c", "%/%", False),
        ("a/b/c", "a/*c", True),
        ("a", "a/%", False),
        ("", "", True),
        ("a", "", False),
        ("été", "é*", True),
    ],
)
def test_matches_names(name: str, pattern: str, expected: bool) -> None:
    assert matches(name, pattern) is expected


@given(st.text("ab/", max_size=8), st.text("ab/*%", max_size=8))
def test_agrees_with_a_regular_expression(name: str, pattern: str) -> None:
    model = "".join({"*": ".*", "%": "[^/]*"}.get(char, re.escape(char)) for char in pattern)
    assert matches(name, pattern) is (re.fullmatch(model, name) is not None)


def test_a_hostile_pattern_takes_no_longer_than_its_length() -> None:
    started = time.process_time()
    assert not matches("a" * 255, "*a" * 500 + "b")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("reference", "pattern", "whole"),
    [
        ("", "inbox", "INBOX"),
        ("", "inbox/a", "INBOX/a"),
        ("Inbox/", "%", "INBOX/%"),
        ("", "inboxes", "inboxes"),
        ("a/", "inbox", "a/inbox"),
    ],
)
def test_the_first_level_inbox_is_written_in_capitals(reference: str, pattern: str, whole: str) -> None:
    assert normalise_pattern(reference, pattern) == whole


def test_finds_parents_and_those_that_are_missing() -> None:
    assert list_parents("a/b/c") == ["a", "a/b"]
    assert list_parents("a") == []
    assert list_missing_parents(["INBOX", "a/b/c", "a/b/d", "a"]) == ["a/b"]
