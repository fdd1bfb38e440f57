"""Exchanges between professionals and patients: who opened them, which messages are theirs, whether they are closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mssmail.core.address import Address
from mssmail.core.exchange import Answered, Exchange, ExchangeState, Thread
from mssmail.store.exchange_tables import exchange_messages, exchanges
from mssmail.store.messages import PAGE

MAX_MESSAGES = 500  # remembered by name of one exchange
MAX_BETWEEN = 200  # exchanges remembered of one professional and one patient: the newest


def note_professional(
    conn: Connection, professional: Address, patient: Address, thread: Thread, at: datetime, *, closes: bool
) -> Exchange:
    """A professional wrote: the exchange it names goes on (open again, when it was closed), else a new one opens."""
    exchange = _find_named(conn, professional, patient, thread)
    if exchange is None:
        values = {"professional": professional.key, "patient": patient.key, "opened_at": at, "last_at": at}
        exchange_id = conn.execute(insert(exchanges).values(values).returning(exchanges.c.id)).scalar_one()
        _drop_oldest(conn, professional, patient)
    else:
        exchange_id = exchange.id
    closed_at = at if closes else None
    conn.execute(update(exchanges).where(exchanges.c.id == exchange_id).values(last_at=at, closed_at=closed_at))
    _name(conn, exchange_id, thread.message_id)
    return _load(conn, exchange_id)


def note_answer(
    conn: Connection, professional: Address, patient: Address, thread: Thread, at: datetime
) -> Exchange | None:
    """A patient's answer was taken: it belongs to the exchange it names, else to the liveliest open one of the two."""
    exchange = _find_named(conn, professional, patient, thread)
    if exchange is None:
        wanted = select(exchanges).where(*_between(professional, patient), exchanges.c.closed_at.is_(None))
        row = conn.execute(wanted.order_by(exchanges.c.last_at.desc(), exchanges.c.id.desc()).limit(1)).first()
        exchange = None if row is None else _build(row)
    if exchange is None:
        return None
    conn.execute(update(exchanges).where(exchanges.c.id == exchange.id).values(last_at=at))
    _name(conn, exchange.id, thread.message_id)
    return _load(conn, exchange.id)


def find_answered(conn: Connection, professional: Address, patient: Address, thread: Thread) -> Answered:
    """What an answer of this patient to this professional meets."""
    named = _find_named(conn, professional, patient, thread)
    rows = conn.execute(select(exchanges.c.closed_at).where(*_between(professional, patient))).scalars().all()
    any_state = ExchangeState.NONE
    if rows:
        any_state = ExchangeState.OPEN if None in rows else ExchangeState.CLOSED
    return Answered(professional, ExchangeState.NONE if named is None else named.state, any_state)


def list_exchanges(
    conn: Connection, *, professional: Address | None = None, after_id: int = 0, limit: int = 500
) -> Sequence[Exchange]:
    """Exchanges by id, all or one professional's; page on with the last one's id."""
    wanted = select(exchanges).where(exchanges.c.id > after_id).order_by(exchanges.c.id).limit(limit)
    if professional is not None:
        wanted = wanted.where(exchanges.c.professional == professional.key)
    return [_build(row) for row in conn.execute(wanted)]


def close_exchange(conn: Connection, exchange_id: int, at: datetime | None) -> bool:
    """Close an exchange, or with None open it again; False when there is none."""
    changed = update(exchanges).where(exchanges.c.id == exchange_id).values(closed_at=at)
    return conn.execute(changed).rowcount > 0


def forget_exchanges(conn: Connection, before: datetime) -> int:
    """Forget exchanges in which nobody wrote since, a page at a time; how many."""
    old = select(exchanges.c.id).where(exchanges.c.last_at < before).limit(PAGE)
    return conn.execute(delete(exchanges).where(exchanges.c.id.in_(old))).rowcount


def _between(professional: Address, patient: Address) -> tuple[Any, Any]:
    return exchanges.c.professional == professional.key, exchanges.c.patient == patient.key


def _drop_oldest(conn: Connection, professional: Address, patient: Address) -> None:
    mine = select(exchanges.c.id).where(*_between(professional, patient)).order_by(exchanges.c.last_at.desc())
    surplus = list(conn.execute(mine.order_by(exchanges.c.id.desc()).offset(MAX_BETWEEN).limit(PAGE)).scalars())
    if surplus:
        conn.execute(delete(exchanges).where(exchanges.c.id.in_(surplus)))


def _find_named(conn: Connection, professional: Address, patient: Address, thread: Thread) -> Exchange | None:
    """The exchange of the two that the newest of the named messages belongs to."""
    if not thread.references:
        return None
    wanted = (
        select(exchanges, exchange_messages.c.header_message_id)
        .join(exchange_messages, exchange_messages.c.exchange_id == exchanges.c.id)
        .where(exchange_messages.c.header_message_id.in_(thread.references), *_between(professional, patient))
    )
    found = list(conn.execute(wanted))
    newest = {name: place for place, name in enumerate(thread.references)}
    row = max(found, key=lambda each: (newest[each.header_message_id], each.id), default=None)
    return None if row is None else _build(row)


def _name(conn: Connection, exchange_id: int, message_id: str) -> None:
    """Remember a message's name, once, and not without end."""
    mine = exchange_messages.c.exchange_id == exchange_id
    if (
        not message_id
        or conn.execute(
            select(exchange_messages.c.exchange_id).where(mine, exchange_messages.c.header_message_id == message_id)
        ).first()
    ):
        return
    if conn.execute(select(func.count()).select_from(exchange_messages).where(mine)).scalar_one() < MAX_MESSAGES:
        conn.execute(insert(exchange_messages).values(exchange_id=exchange_id, header_message_id=message_id))


def _load(conn: Connection, exchange_id: int) -> Exchange:
    return _build(conn.execute(select(exchanges).where(exchanges.c.id == exchange_id)).one())


def _build(row: Row[*tuple[Any, ...]]) -> Exchange:
    return Exchange(row.id, row.professional, row.patient, row.opened_at, row.last_at, row.closed_at)
