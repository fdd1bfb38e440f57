"""Naming an exchange twice is impossible, and its names go with it."""

from sqlalchemy import func, select

from mssmail.core.address import parse_address
from mssmail.core.exchange import Thread
from mssmail.store.engine import Store
from mssmail.store.exchange_tables import exchange_messages
from mssmail.store.exchanges import forget_exchanges, note_professional
from tests.support.store import NOW

DOCTOR, ALICE = parse_address("marie@a.test"), parse_address("279035121518989@patient.test")


def test_the_names_of_an_exchange_go_with_it(store: Store) -> None:
    counted = select(func.count()).select_from(exchange_messages)
    store.submit(lambda conn: note_professional(conn, DOCTOR, ALICE, Thread("<1@a>"), NOW, closes=False)).result()
    assert store.read(lambda conn: conn.execute(counted).scalar()).result() == 1
    assert store.submit(lambda conn: forget_exchanges(conn, NOW.replace(year=2030))).result() == 1
    assert store.read(lambda conn: conn.execute(counted).scalar()).result() == 0
