"""Lists read by a process of their own."""

import gc
from datetime import timedelta

import pytest

from mssmail.errors import BadWhiteList
from mssmail.trust.sign_list import ListEntry
from mssmail.workers import lists
from mssmail.workers.lists import MAX_TOLD, ListQuestion, read_list
from tests.support.lists import NAME, RULE, make_entries, make_list, make_store
from tests.support.pki import NOW

RAW = make_list()
QUESTION = ListQuestion(make_store().snapshot, RULE, NOW)


def test_a_process_answers_what_the_function_answers() -> None:
    here, there = read_list(RAW, QUESTION), read_list(RAW, QUESTION, apart_bytes=0)
    assert here == there
    assert there.white_list.has_domain("ch-a.test")


def test_a_process_says_what_changes_in_the_list_before() -> None:
    before = read_list(make_list(make_entries("ch-b.test", "ch-c.test")), QUESTION).white_list
    moved = [*make_entries("ch-a.test"), ListEntry("ch-b.test", NAME.format("moved"), NOW)]
    here, there = (read_list(make_list(moved), QUESTION, before, apart_bytes=size).changes for size in (1_000_000, 0))
    assert (there.first_added, there.first_removed) == (("ch-a.test",), ("ch-c.test",))
    assert [change.domain for change in there.first_changed] == ["ch-b.test"]
    assert here == there


def test_a_bounded_number_of_changes_is_named() -> None:
    many = make_list(make_entries(*(f"d{number}.test" for number in range(MAX_TOLD + 1))))
    changes = read_list(many, QUESTION).changes
    assert (changes.added, len(changes.first_added)) == (MAX_TOLD + 1, MAX_TOLD)
    assert MAX_TOLD <= 1_000


def test_a_list_of_a_process_stays_when_the_next_has_come() -> None:
    first = read_list(RAW, QUESTION, apart_bytes=0).white_list
    second = read_list(make_list(make_entries("ch-c.test")), QUESTION, first, apart_bytes=0).white_list
    gc.collect()
    assert set(first.domains) == {"ch-a.test", "ch-b.test"}
    assert set(second.domains) == {"ch-c.test"}
    with pytest.raises(TypeError, match="read-only"):
        second.table.block[0] = 1


def test_nothing_is_no_list_wherever_it_is_read() -> None:
    with pytest.raises(BadWhiteList, match="not well-formed"):
        read_list(b"", QUESTION, apart_bytes=0)


def test_a_list_accepted_before_is_judged_as_of_then() -> None:
    later = NOW + timedelta(days=2_000)
    again = ListQuestion(QUESTION.snapshot, RULE, later, accepted_at=NOW)
    assert read_list(RAW, again, apart_bytes=0).white_list.has_domain("ch-a.test")
    with pytest.raises(BadWhiteList, match="is not believed"):
        read_list(RAW, ListQuestion(QUESTION.snapshot, RULE, later), apart_bytes=0)


def test_a_refusal_comes_back_with_what_is_missing() -> None:
    without = ListQuestion(make_store(crls=()).snapshot, RULE, NOW)
    with pytest.raises(BadWhiteList, match="no usable CRL") as caught:
        read_list(RAW, without, apart_bytes=0)
    assert caught.value.facts["temporary"] is True
    assert caught.value.facts["missing"]


def test_a_reader_that_dies_is_late_or_cannot_start_is_a_list_that_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value, told in (
        ("_BOOT", "raise SystemExit(3)", "its reader died"),
        ("_BOOT", "import time; time.sleep(60)", "overran its deadline"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(lists, name, value)
            patch.setattr(lists, "DEADLINE_SECONDS", 20.0 if "Exit" in value else 0.5)
            with pytest.raises(BadWhiteList, match=told):
                read_list(RAW, QUESTION, apart_bytes=0)
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", "/nowhere/python")
        with pytest.raises(BadWhiteList, match="could not be started"):
            read_list(RAW, QUESTION, apart_bytes=0)
