"""Campaigns: nobody is in the ledger twice, nothing is settled twice, and what is done is forgotten."""

from datetime import timedelta

from sqlalchemy import text

from mssmail.core.address import parse_address
from mssmail.core.campaign import Campaign, CampaignRow, RowState
from mssmail.store.campaigns import (
    add_rows,
    count_rows,
    find_campaign,
    forget_campaigns,
    has_fresh_rows,
    list_campaigns,
    list_due_rows,
    list_rows,
    open_campaign,
    put_off_row,
    settle_row,
)
from mssmail.store.engine import Store
from tests.support.store import NOW

ANNE = parse_address("anne@a.test")
ALICE, PAUL = parse_address("279035121518989@p.test"), parse_address("179032A21518933@p.test")
MINUTE = timedelta(minutes=1)


def _open(store: Store, name: str = "rappel") -> Campaign:
    return store.submit(lambda conn: open_campaign(conn, ANNE, name, NOW)).result()


def _add(store: Store, campaign: Campaign, *rows: tuple[int, object, bytes]) -> int:
    return store.submit(lambda conn: add_rows(conn, campaign, list(rows), NOW)).result()  # type: ignore[arg-type]


def _list_due(store: Store, minutes: int = 0) -> list[CampaignRow]:
    return [row for _, row in store.read(lambda conn: list_due_rows(conn, NOW + minutes * MINUTE)).result()]


def test_a_campaign_is_opened_once(store: Store) -> None:
    assert _open(store) == _open(store)
    assert _open(store, "other").id != _open(store).id
    assert store.read(lambda conn: find_campaign(conn, ANNE, "none")).result() is None
    assert [each.name for each in store.read(list_campaigns).result()] == ["rappel", "other"]


def test_who_was_written_to_is_not_written_to_again(store: Store) -> None:
    campaign = _open(store)
    assert _add(store, campaign, (2, ALICE, b"one"), (3, PAUL, b"two")) == 2
    assert _add(store, campaign, (2, ALICE, b"other"), (4, parse_address("179032a21518933@p.test"), b"two")) == 0
    second, first = _list_due(store)
    assert (first.number, first.data, str(second.recipient)) == (2, b"one", "179032a21518933@p.test")
    assert store.submit(lambda conn: settle_row(conn, first, RowState.SENT, "trace")).result()
    assert not store.submit(lambda conn: settle_row(conn, first, RowState.SENT, "trace2")).result()
    assert _add(store, campaign, (9, ALICE, b"again")) == 0
    sent, waiting = store.read(lambda conn: list_rows(conn, campaign)).result()
    assert (sent.trace_id, sent.state, sent.data) == ("trace", RowState.SENT, b"")
    assert waiting.state is RowState.WAITING


def test_who_was_refused_gets_another_try_with_the_mended_row(store: Store) -> None:
    campaign = _open(store)
    _add(store, campaign, (2, ALICE, b"one"))
    [row] = _list_due(store)
    store.submit(lambda conn: settle_row(conn, row, RowState.REFUSED, "t", "550 no")).result()
    assert _list_due(store) == []
    assert _add(store, campaign, (5, ALICE, b"mended")) == 1
    [again] = _list_due(store)
    assert (again.number, again.data, again.outcome) == (5, b"mended", "")


def test_what_is_put_off_waits(store: Store) -> None:
    campaign = _open(store)
    _add(store, campaign, (2, ALICE, b"one"))
    [row] = _list_due(store)
    assert store.read(lambda conn: has_fresh_rows(conn, campaign)).result()
    assert store.submit(lambda conn: put_off_row(conn, row, NOW + MINUTE, "451 later")).result()
    assert _list_due(store) == []
    assert not store.read(lambda conn: has_fresh_rows(conn, campaign)).result()
    [later] = _list_due(store, 1)
    assert (later.attempts, later.outcome) == (1, "451 later")
    counted = store.read(lambda conn: count_rows(conn, campaign)).result()
    assert counted == {RowState.WAITING: 1, RowState.SENT: 0, RowState.REFUSED: 0}


def test_a_campaign_is_forgotten_only_when_nothing_waits(store: Store) -> None:
    campaign = _open(store)
    _add(store, campaign, (2, ALICE, b"one"))
    later = NOW + MINUTE
    assert store.submit(lambda conn: forget_campaigns(conn, later)).result() == 0
    [row] = _list_due(store)
    store.submit(lambda conn: settle_row(conn, row, RowState.SENT, "t")).result()
    assert store.submit(lambda conn: forget_campaigns(conn, NOW)).result() == 0
    assert store.submit(lambda conn: forget_campaigns(conn, later)).result() == 1
    assert store.read(lambda conn: list_rows(conn, campaign)).result() == []


def test_the_next_few_of_very_many_are_found_without_sorting_them(store: Store) -> None:
    plan = "EXPLAIN QUERY PLAN SELECT * FROM campaign_rows JOIN campaigns ON campaigns.id = campaign_rows.campaign_id"
    plan += " WHERE state = 'waiting' AND next_try_at <= 1 ORDER BY next_try_at, campaign_id, recipient LIMIT 20"
    steps = store.read(lambda conn: [row[3] for row in conn.execute(text(plan))]).result()
    assert any("campaign_rows_by_due_time" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps
