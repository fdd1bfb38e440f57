"""A stretch of the journal: every entry of it, once, and no other."""

from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.account import AccountKind
from mssmail.journal import Entry, Event
from mssmail.store import activity
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries
from tests.support.store import NOW, add_account

_START = datetime(2026, 10, 1, tzinfo=UTC)


def _fill(store: Store, *days: float, event: Event = Event.ADMIN) -> None:
    entries = [Entry(_START + timedelta(days=day), event, "", {"day": day}) for day in days]
    store.submit(lambda conn: append_entries(conn, entries)).result()


def _pass(store: Store, first: float, last: float) -> list[str]:
    taken: list[str] = []
    count = activity.pass_over(
        store, _START + timedelta(days=first), _START + timedelta(days=last), lambda _, facts: taken.append(facts)
    )
    assert count == len(taken)
    return taken


@pytest.mark.parametrize("page", [1, 2, 1_000])
def test_the_bounds_are_exact_whatever_the_page(store: Store, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(activity, "PAGE", page)
    _fill(store, *range(40))
    assert _pass(store, 0, 31) == [f'{{"day":{day}}}' for day in range(31)]
    assert _pass(store, 10, 11) == ['{"day":10}']
    assert _pass(store, -10, 0) == []
    assert _pass(store, 39, 90) == ['{"day":39}']
    assert _pass(store, 90, 99) == []


def test_entries_a_little_out_of_order_are_found(store: Store) -> None:
    _fill(store, 1, 3, 2.5, 4, 3.5, 10, 9.5, 11)
    assert len(_pass(store, 3, 10)) == 4


def test_an_empty_journal_has_nothing(store: Store) -> None:
    assert _pass(store, 0, 31) == []


def test_bodies_that_were_read_are_passed_by(store: Store) -> None:
    _fill(store, 1, 2, event=Event.FETCHED)
    assert _pass(store, 0, 31) == []


def test_accounts_made_later_are_not_counted(store: Store) -> None:
    add_account(store, "a@a.test")
    add_account(store, "b@a.test", kind=AccountKind.APP)
    assert store.read(lambda conn: activity.count_accounts(conn, NOW)).result() == {}
    later = NOW + timedelta(seconds=1)
    assert store.read(lambda conn: activity.count_accounts(conn, later)).result() == {"PER": 1, "APP": 1}
