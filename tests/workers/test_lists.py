"""Lists read by a process of their own."""

from datetime import timedelta

import pytest

from mssmail.errors import BadWhiteList
from mssmail.workers import lists
from mssmail.workers.lists import ListQuestion, read_list
from tests.support.lists import RULE, make_list, make_store
from tests.support.pki import NOW

RAW = make_list()
QUESTION = ListQuestion(make_store().snapshot, RULE, NOW)


def test_a_process_answers_what_the_function_answers() -> None:
    here, there = read_list(RAW, QUESTION), read_list(RAW, QUESTION, apart_bytes=0)
    assert here == there
    assert there.has_domain("ch-a.test")


def test_a_list_accepted_before_is_judged_as_of_then() -> None:
    later = NOW + timedelta(days=2_000)
    again = ListQuestion(QUESTION.snapshot, RULE, later, accepted_at=NOW)
    assert read_list(RAW, again, apart_bytes=0).has_domain("ch-a.test")
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
