"""How a message's bytes lie is told of it wherever it is."""

from mssmail.core.mailbox import UID
from mssmail.store.engine import Store
from mssmail.store.layouts import find_layout, load_layout
from mssmail.store.mailboxes import find_mailbox
from tests.support.store import PREFIX, add_account, build_message, deliver_to


def test_a_layout_is_found_by_place_and_by_message(store: Store) -> None:
    anne = add_account(store)
    message_id = deliver_to(store, anne, build_message()).message_id
    inbox = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()
    layout = store.read(lambda conn: load_layout(conn, message_id)).result()
    assert layout is not None
    assert (layout.prefix, layout.length) == (PREFIX, len(build_message()))
    assert store.read(lambda conn: find_layout(conn, inbox, UID(1))).result() == layout
    assert store.read(lambda conn: load_layout(conn, message_id + 1)).result() is None
    assert store.read(lambda conn: find_layout(conn, inbox, UID(2))).result() is None
