from sqlalchemy import select

from mssmail.core.mailbox import UID
from mssmail.store.engine import Store
from mssmail.store.named import IS_NAMED, name_uids
from mssmail.store.prepared import Prepared
from mssmail.store.schema import mailbox_rows
from tests.support.store import make_uids

_FIND = Prepared(select(mailbox_rows.c.uid).where(IS_NAMED).order_by(mailbox_rows.c.uid))


def _find(store: Store, mailbox_id: int, uids: list[UID]) -> list[int]:
    where = name_uids(mailbox_id, uids)
    return store.read(lambda conn: [row[0] for row in _FIND.fetch_all(conn, where)]).result()


def test_rows_are_named_by_their_uids_in_any_order(store: Store, inbox: int) -> None:
    assert _find(store, inbox, make_uids(5, 2, 77, 2)) == [2, 5]
    assert _find(store, inbox, []) == []
    assert _find(store, inbox + 1, make_uids(1)) == []
    assert _find(store, inbox, make_uids(*range(1, 100_000))) == [1, 2, 3, 4, 5]
