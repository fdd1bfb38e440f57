"""Who signed the messages we keep, and what was learnt about it afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from mssmail.store.prepared import Prepared
from mssmail.store.schema import evidence_news, message_signers, messages

REVOKED = "revoked-before-reception"
_INSERT = Prepared(insert(message_signers), message_signers.columns.keys())


@dataclass(frozen=True, slots=True)
class News:
    """A dated second line of a message's evidence."""

    at: datetime
    kind: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Affected:
    """A message whose signer turned out to have been revoked when it came."""

    message_id: int
    trace_id: str
    received_at: datetime


def keep_signer(conn: Connection, message_id: int, issuer_key: str, serial: int) -> None:
    """Remember who signed a new message; in the transaction that delivers it."""
    _INSERT.run(conn, ({"message_id": message_id, "issuer_key": issuer_key, "serial": f"{serial:x}"},))


def list_signers(conn: Connection) -> list[tuple[str, int]]:
    """(issuer key, serial) of every signer of a kept message, each once."""
    rows = conn.execute(select(message_signers.c.issuer_key, message_signers.c.serial).distinct())
    return [(issuer_key, int(serial, 16)) for issuer_key, serial in rows]


def find_affected(conn: Connection, issuer_key: str, serial: int, since: datetime, limit: int) -> Sequence[Affected]:
    """Messages of this signer taken at this moment or later, of which that was not known yet."""
    signed, told = message_signers.c, evidence_news.c
    is_told = select(told.message_id).where(told.message_id == messages.c.id, told.kind == REVOKED).exists()
    wanted = (
        select(messages.c.id, messages.c.trace_id, messages.c.received_at)
        .join(message_signers, signed.message_id == messages.c.id)
        .where(signed.issuer_key == issuer_key, signed.serial == f"{serial:x}")
        .where(messages.c.received_at >= since, ~is_told)
        .order_by(messages.c.id)
        .limit(limit)
    )
    return [Affected(*row) for row in conn.execute(wanted)]


def add_news(conn: Connection, message_id: int, news: News) -> None:
    """Write the line; it is never changed."""
    facts = json.dumps(dict(news.facts), default=str)
    values = {"message_id": message_id, "kind": news.kind, "at": news.at, "facts": facts}
    conn.execute(insert(evidence_news).values(**values))


def list_news(conn: Connection, message_id: int) -> list[News]:
    """The lines about a message, oldest first."""
    wanted = select(evidence_news).where(evidence_news.c.message_id == message_id).order_by(evidence_news.c.at)
    return [News(row.at, row.kind, json.loads(row.facts)) for row in conn.execute(wanted)]
