from datetime import timedelta

import pytest

from mssmail.core.address import parse_address
from mssmail.core.answer import AnswerTimes
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.store import accounts
from mssmail.store.answers import (
    Answer,
    clear_answer,
    find_answer,
    find_answered_at,
    list_answering,
    note_answered,
    set_answer,
)
from mssmail.store.engine import Store
from tests.support.store import NOW, add_account

ANNE, BEN = parse_address("anne@a.test"), parse_address("ben@far.test")
TIMES = AnswerTimes(7, NOW, NOW + timedelta(days=3))


def _set(store: Store, text: str = "Absente", times: AnswerTimes = TIMES, address: object = ANNE) -> None:
    store.submit(lambda conn: set_answer(conn, address, "S", text, times)).result()  # type: ignore[arg-type]


def test_an_answer_is_set_found_and_cleared(store: Store) -> None:
    anne = add_account(store, display_name="Dr Anne")
    _set(store)
    assert store.read(lambda conn: find_answer(conn, anne.id)).result() == Answer(
        ANNE, "Dr Anne", "S", "Absente", TIMES
    )
    assert store.read(list_answering).result() == {anne.id}
    assert store.submit(lambda conn: clear_answer(conn, ANNE)).result()
    assert not store.submit(lambda conn: clear_answer(conn, ANNE)).result()
    assert store.read(lambda conn: find_answer(conn, anne.id)).result() is None


def test_a_new_text_is_told_to_everybody_again(store: Store) -> None:
    anne = add_account(store)
    _set(store)
    for days in (0, 1):
        store.submit(lambda conn, days=days: note_answered(conn, anne.id, BEN, NOW + timedelta(days))).result()  # type: ignore[misc]
    assert store.read(lambda conn: find_answered_at(conn, anne.id, BEN)).result() == NOW + timedelta(1)
    _set(store, "Toujours absente")
    assert store.read(lambda conn: find_answered_at(conn, anne.id, BEN)).result() is None


def test_it_goes_with_the_account(store: Store) -> None:
    anne = add_account(store)
    _set(store)
    store.submit(lambda conn: note_answered(conn, anne.id, BEN, NOW)).result()
    store.submit(lambda conn: accounts.remove(conn, ANNE)).result()
    assert store.read(list_answering).result() == frozenset()


@pytest.mark.parametrize(("text", "times"), [(" \n", TIMES), ("x", AnswerTimes(0)), ("x", AnswerTimes(7, NOW, NOW))])
def test_refuses_what_cannot_be(store: Store, text: str, times: AnswerTimes) -> None:
    add_account(store)
    with pytest.raises(BadAccount):
        _set(store, text, times)
    with pytest.raises(NoSuchAccount):
        _set(store, address=BEN)
