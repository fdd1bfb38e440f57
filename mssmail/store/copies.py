"""Another taking of a message that is kept: the same bytes, with what we write above them changed."""

import json

from sqlalchemy import Connection, insert, literal, select

from mssmail.core.address import ReversePath
from mssmail.store.schema import messages

_CHANGED = {"id", "prefix", "relay_prefix", "reverse_path"}
_SAME = [column for column in messages.columns if column.name not in _CHANGED]


def copy_message(
    conn: Connection, message_id: int, *, prefix: bytes, relay_prefix: bytes, reverse_path: ReversePath
) -> int:
    """The copy's id; without a place or a queue item it would be ``fsck``'s."""
    given = {
        "prefix": prefix,
        "relay_prefix": relay_prefix,
        "reverse_path": None if reverse_path is None else str(reverse_path),
    }
    values = [literal(value, type_=messages.c[name].type) for name, value in given.items()]
    source = select(*_SAME, *values).where(messages.c.id == message_id)
    names = [*(column.name for column in _SAME), *given]
    made = insert(messages).from_select(names, source).returning(messages.c.id)
    return int(conn.execute(made).scalar_one())


def measure_view(conn: Connection, message_id: int) -> int:
    """Octets of the message as IMAP shows it."""
    found = select(messages.c.prefix, messages.c.length, messages.c.cuts).where(messages.c.id == message_id)
    prefix, length, cuts = conn.execute(found).one()
    return len(prefix) + int(length) - sum(int(end) - int(start) for start, end in json.loads(cuts))
