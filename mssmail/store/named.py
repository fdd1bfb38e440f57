"""Messages of one mailbox named by their UIDs, however many, for statements that stand ready.

The UIDs travel as one JSON text, which SQLite reads as a table: of parameters it takes only so many.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from mssmail.core.mailbox import UID
from mssmail.store.schema import mailbox_rows

_uids = func.json_each(bindparam("of_uids")).table_valued("value")

IS_NAMED = and_(mailbox_rows.c.mailbox_id == bindparam("of_mailbox"), mailbox_rows.c.uid.in_(select(_uids.c.value)))
"""The row is one of those that ``name_uids`` gives to the statement."""


def name_uids(mailbox_id: int, uids: Iterable[UID]) -> dict[str, Any]:
    """The parameters of IS_NAMED."""
    return {"of_mailbox": mailbox_id, "of_uids": json.dumps(list(uids))}
