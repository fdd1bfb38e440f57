from mssmail.store.engine import Store
from mssmail.store.secrets import find_secret, require_secret
from tests.support.store import NOW


def test_a_key_is_made_once_and_differs_from_others(store: Store) -> None:
    assert store.read(lambda conn: find_secret(conn, "x")).result() is None
    made = store.submit(lambda conn: require_secret(conn, "x", NOW)).result()
    assert len(made) == 32
    assert store.submit(lambda conn: require_secret(conn, "x", NOW)).result() == made
    assert store.read(lambda conn: find_secret(conn, "x")).result() == made
    assert store.submit(lambda conn: require_secret(conn, "y", NOW)).result() != made
