from mssmail.core.address import parse_address
from mssmail.store.copies import copy_message, measure_view
from mssmail.store.engine import Store
from mssmail.store.messages import Placement, deliver, drop_unused_messages, load_message
from tests.support.store import PREFIX, add_account, build_delivery, build_message


def test_a_copy_has_the_same_bytes_under_another_header_of_ours(store: Store) -> None:
    anne, data = add_account(store), build_message()
    made = store.submit(lambda conn: deliver(conn, build_delivery(store, data, Placement(anne.id)))).result()
    path = parse_address("x@a.test")
    copied = store.submit(
        lambda conn: copy_message(
            conn, made.message_id, prefix=b"P: 1\r\n", relay_prefix=b"R: 1\r\n", reverse_path=path
        )
    ).result()
    first = store.read(lambda conn: load_message(conn, made.message_id)).result()
    second = store.read(lambda conn: load_message(conn, copied)).result()
    assert first is not None
    assert second is not None
    assert (second.data, second.trace_id, second.received_at) == (first.data, first.trace_id, first.received_at)
    assert (second.prefix, second.relay_prefix, second.reverse_path) == (b"P: 1\r\n", b"R: 1\r\n", path)
    assert store.read(lambda conn: measure_view(conn, made.message_id)).result() == len(PREFIX) + len(data)
    store.submit(lambda conn: drop_unused_messages(conn, [copied])).result()
    assert store.read(lambda conn: load_message(conn, made.message_id)).result() == first


def test_a_copy_may_have_the_null_reverse_path(store: Store) -> None:
    anne = add_account(store)
    made = store.submit(lambda conn: deliver(conn, build_delivery(store, build_message(), Placement(anne.id)))).result()
    copied = store.submit(
        lambda conn: copy_message(conn, made.message_id, prefix=b"", relay_prefix=b"", reverse_path=None)
    ).result()
    kept = store.read(lambda conn: load_message(conn, copied)).result()
    assert kept is not None
    assert kept.reverse_path is None
