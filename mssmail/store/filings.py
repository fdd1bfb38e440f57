"""Deliveries to connectors: owed in the transaction that delivers the message, settled in one of their own.

Of one patient only the oldest that waits is due: the others come after it. A dead letter holds nobody up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from mssmail.core.address import Address, parse_address
from mssmail.core.filing import Filing, FilingState, NewFiling
from mssmail.store.filing_tables import filings
from mssmail.store.messages import drop_unused_messages

_earlier = filings.alias("earlier")
_is_waiting = filings.c.state == FilingState.WAITING.value
_is_head: ColumnElement[bool] = and_(
    _is_waiting,
    or_(
        filings.c.patient == "",
        ~select(_earlier.c.id)
        .where(
            _earlier.c.connector == filings.c.connector,
            _earlier.c.patient == filings.c.patient,
            _earlier.c.id < filings.c.id,
            _earlier.c.state == FilingState.WAITING.value,
        )
        .exists(),
    ),
)


def order_filing(conn: Connection, message_id: int, new: NewFiling) -> None:
    """Owe a delivery, durable with this transaction. Wake ``flows.file_documents`` after the commit."""
    values = {
        "message_id": message_id,
        "trace_id": new.trace_id,
        "connector": new.connector,
        "recipient": str(new.recipient),
        "patient": new.patient,
        "state": FilingState.WAITING.value,
        "attempts": 0,
        "queued_at": new.queued_at,
        "next_try_at": new.queued_at,
        "last_error": "",
    }
    conn.execute(insert(filings).values(values))


def is_filed(conn: Connection, message_id: int, recipient: Address) -> bool:
    """A delivery of this message is owed in the name of this account: its outcome will be the receipt."""
    mine = filings.c.message_id == message_id, filings.c.recipient == str(recipient)
    return conn.execute(select(filings.c.id).where(*mine).limit(1)).first() is not None


def list_due(conn: Connection, connector: str, now: datetime, limit: int) -> Sequence[Filing]:
    """Deliveries that may be tried now, oldest first, never two of one patient."""
    wanted = select(filings).where(filings.c.connector == connector, filings.c.next_try_at <= now, _is_head)
    return [_build(row) for row in conn.execute(wanted.order_by(filings.c.id).limit(limit))]


def find_next_due(conn: Connection, connector: str) -> datetime | None:
    """When the next delivery comes due; None: nothing waits."""
    wanted = select(func.min(filings.c.next_try_at)).where(filings.c.connector == connector, _is_head)
    found: datetime | None = conn.execute(wanted).scalar()
    return found


def put_off(conn: Connection, filing_id: int, until: datetime, why: str) -> None:
    """Note an attempt that failed; try again then."""
    _change(conn, filing_id, next_try_at=until, last_error=why, attempts=filings.c.attempts + 1)


def bury(conn: Connection, filing_id: int, why: str) -> None:
    """Note the last attempt: a dead letter, until a person retries or drops it."""
    _change(conn, filing_id, state=FilingState.DEAD.value, last_error=why, attempts=filings.c.attempts + 1)


def finish(conn: Connection, filing_id: int) -> Filing | None:
    """Take a settled delivery out, and its message when nothing else needs it; None when it has gone already."""
    row = conn.execute(delete(filings).where(filings.c.id == filing_id).returning(*filings.c)).first()
    if row is None:
        return None
    filing = _build(row)
    drop_unused_messages(conn, [filing.message_id])
    return filing


def revive(conn: Connection, filing_id: int, now: datetime) -> bool:
    """Make a delivery due now, a dead letter too; its patience begins anew. False when it has gone."""
    return _change(conn, filing_id, state=FilingState.WAITING.value, next_try_at=now, queued_at=now)


def find_filing(conn: Connection, filing_id: int) -> Filing | None:
    """One delivery, or None when it has been settled."""
    row = conn.execute(select(filings).where(filings.c.id == filing_id)).first()
    return None if row is None else _build(row)


def list_filings(conn: Connection, *, state: FilingState | None = None, limit: int = 100) -> Sequence[Filing]:
    """What is owed, oldest first."""
    wanted = select(filings).order_by(filings.c.id).limit(limit)
    if state is not None:
        wanted = wanted.where(filings.c.state == state.value)
    return [_build(row) for row in conn.execute(wanted)]


def count_filings(conn: Connection) -> dict[tuple[str, FilingState], int]:
    """How many stand where, by connector, for metrics."""
    counted = conn.execute(
        select(filings.c.connector, filings.c.state, func.count()).group_by(filings.c.connector, filings.c.state)
    )
    return {(connector, FilingState(state)): number for connector, state, number in counted}


def _change(conn: Connection, filing_id: int, **values: object) -> bool:
    return conn.execute(update(filings).where(filings.c.id == filing_id).values(**values)).rowcount > 0


def _build(row: Row[*tuple[Any, ...]]) -> Filing:
    return Filing(
        id=row.id,
        message_id=row.message_id,
        trace_id=row.trace_id,
        connector=row.connector,
        recipient=parse_address(row.recipient),
        patient=row.patient,
        state=FilingState(row.state),
        attempts=row.attempts,
        queued_at=row.queued_at,
        next_try_at=row.next_try_at,
        last_error=row.last_error,
    )
