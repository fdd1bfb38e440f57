"""LIST's patterns against a slow but obvious model."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.imap.patterns import Pattern, compose_name, list_all_parents, list_missing_parents


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
    assert Pattern("", pattern).matches(name) is expected


@given(st.text("ab/", max_size=8), st.text("ab/*%", max_size=8))
def test_agrees_with_a_regular_expression(name: str, pattern: str) -> None:
    model = "".join({"*": ".*", "%": "[^/]*"}.get(char, re.escape(char)) for char in pattern)
    assert Pattern("", pattern).matches(name) is (re.fullmatch(model, name) is not None)


@pytest.mark.parametrize("pattern", ["%*%" * 300_000, "*a" * 500 + "b", "%a*a" * 250_000, "*" + "%" * 1_000_000 + "x"])
def test_a_hostile_pattern_takes_no_longer_than_its_length(pattern: str) -> None:
    began = time.process_time()  # one LIST with the first of these stopped the server for hours
    compared = Pattern("", pattern)
    found = [compared.matches("a" * length) for length in range(255)]
    assert time.process_time() - began < 30
    assert any(found) is (set(pattern) <= {"*", "%"})


def test_a_pattern_longer_than_names_can_be_matches_none() -> None:
    assert not Pattern("", "a" * 5_000).matches("a" * 5_000)


def test_a_reference_stands_before_the_pattern() -> None:
    assert Pattern("a/", "%").matches("a/b")
    assert not Pattern("a/", "%").matches("b")


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
    assert compose_name(reference + pattern) == whole


def test_finds_parents_and_those_that_are_missing() -> None:
    assert list_all_parents(["a/b/c", "d"]) == {"a", "a/b"}
    assert list_missing_parents(["INBOX", "a/b/c", "a/b/d", "a"]) == ["a/b"]
