"""Passing over a stretch of the journal, page by page: no read stays open, and nothing is held.

The journal has no index by time: its ids ascend with it, but for the moments of one commit and steps of the clock. So
the stretch is found by halving, a day wider on both sides, and entries are asked for their own time.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from mssmail.store.engine import Store
from mssmail.store.schema import accounts, journal

PAGE: Final = 5_000
_SLACK: Final = timedelta(days=1)
_SQL: Final = (
    "SELECT id, at, event, facts FROM journal WHERE id > ? AND id <= ? AND event != 'fetched' ORDER BY id LIMIT ?"
)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def pass_over(store: Store, start: datetime, end: datetime, take: Callable[[str, str], None]) -> int:
    """Hand event and facts (JSON) of every entry from ``start`` to before ``end`` to ``take``; how many those were.

    Bodies that were read (FETCHED) are passed by: they are most of a journal, and no report counts them.
    """
    low, high = _to_number(start), _to_number(end)
    after, last = store.read(lambda conn: (_find_id(conn, start - _SLACK), _find_id(conn, end + _SLACK))).result()
    taken = 0
    while True:
        page = store.read(lambda conn, after=after: _read_page(conn, after, last), costly=True).result()  # type: ignore[misc]
        for _, at, event, facts in page:
            if low <= at < high:
                take(event, facts)
                taken += 1
        if len(page) < PAGE:
            return taken
        after = page[-1][0]


def _read_page(conn: Connection, after: int, last: int) -> list[tuple[int, int, str, str]]:
    return list(conn.exec_driver_sql(_SQL, (after, last, PAGE)).cursor.fetchall())


def _find_id(conn: Connection, moment: datetime) -> int:
    """The greatest id whose entry is before this moment, were they all in order; 0 when there is none."""
    first, last = conn.execute(select(func.min(journal.c.id), func.max(journal.c.id))).one()
    low, high = (first or 0) - 1, last or 0  # known: everything up to low is before, everything after high is not
    while low < high:
        middle = (low + high + 1) // 2
        found = conn.execute(
            select(journal.c.at).where(journal.c.id <= middle).order_by(journal.c.id.desc()).limit(1)
        ).scalar()
        if found is None or found < moment:
            low = middle
        else:
            high = middle - 1
    return max(low, 0)


def count_accounts(conn: Connection, before: datetime) -> Counter[str]:
    """The accounts there are that were made before this moment, by kind."""
    wanted = select(accounts.c.kind, func.count()).where(accounts.c.created_at < before).group_by(accounts.c.kind)
    return Counter({kind: number for kind, number in conn.execute(wanted)})


def _to_number(moment: datetime) -> int:
    """As ``columns.Moment`` keeps it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
