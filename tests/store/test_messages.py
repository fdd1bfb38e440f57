from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select

from mssmail.core.address import parse_address
from mssmail.core.message import Span
from mssmail.errors import NoSuchAccount
from mssmail.journal import Entry, Event
from mssmail.store.accounts import find_usage
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store
from mssmail.store.journal import read_entries
from mssmail.store.layouts import find_layout
from mssmail.store.mailboxes import delete_mailbox, find_mailbox
from mssmail.store.messages import (
    Delivered,
    Delivery,
    Placement,
    deliver,
    drop_unused_messages,
    find_by_trace,
    load_message,
)
from mssmail.store.pages import load_page
from mssmail.store.queue import list_items
from mssmail.store.schema import messages
from tests.support.store import (
    NOW,
    PREFIX,
    RELAY_PREFIX,
    add_account,
    build_delivery,
    build_message,
    deliver_to,
    list_uids,
)

BOB = parse_address("bob@b.test")


def _deliver(store: Store, delivery: Delivery) -> Delivered:
    return store.submit(lambda conn: deliver(conn, delivery)).result()


def _count_messages(store: Store) -> int:
    return store.read(lambda conn: conn.execute(select(func.count()).select_from(messages)).scalar_one()).result()


def test_one_transaction_places_queues_and_journals(store: Store) -> None:
    anne, zoe = add_account(store), add_account(store, "zoe@a.test")
    entry = Entry(NOW, Event.SUBMITTED, "trace")
    places = (Placement(anne.id), Placement(zoe.id, "Junk", frozenset({"$Seal", "\\Seen"})))
    done = _deliver(store, build_delivery(store, build_message(), *places, queue=(BOB,), entries=(entry,)))
    assert [place.account_id for place in done.placed] == [anne.id, zoe.id]
    assert list_uids(store, anne) == list_uids(store, zoe, "Junk") == [1]
    (item,) = store.read(list_items).result()
    assert (item.id, item.message_id, item.recipient) == (done.queue_ids[0], done.message_id, BOB)
    assert [kept.entry for kept in store.read(read_entries).result()] == [entry]
    assert _count_messages(store) == 1


def test_delivery_is_all_or_nothing(store: Store) -> None:
    anne = add_account(store)
    entry = Entry(NOW, Event.RECEIVED, "trace")
    delivery = build_delivery(store, build_message(), Placement(anne.id), Placement(99), queue=(BOB,), entries=(entry,))
    with pytest.raises(NoSuchAccount):
        _deliver(store, delivery)
    assert list_uids(store, anne) == []
    assert _count_messages(store) == 0
    assert store.read(list_items).result() == []
    assert store.read(read_entries).result() == []


def test_uids_and_modseq_rise_and_the_counters_follow(store: Store) -> None:
    anne = add_account(store)
    first, second = (deliver_to(store, anne, build_message(str(n))).placed[0].uid for n in range(2))
    deliver_to(store, anne, build_message("read"), "INBOX", "\\Seen", "\\Deleted")
    info = store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX", counts=True)).result()
    assert (first, second, info.uid_next) == (1, 2, 4)
    assert (info.messages, info.unseen, info.deleted, info.recent) == (3, 2, 1, 3)
    assert info.highest_modseq == 4
    assert store.read(lambda conn: find_usage(conn, anne.id)).result().octets == info.size


def test_a_message_for_a_mailbox_that_has_gone_lies_in_inbox(store: Store) -> None:
    anne = add_account(store)
    store.submit(lambda conn: delete_mailbox(conn, anne.id, "Junk")).result()
    deliver_to(store, anne, build_message(), "Junk")
    assert list_uids(store, anne) == [1]


def test_the_size_is_that_of_the_view_with_prefix_and_without_cuts(store: Store) -> None:
    anne = add_account(store)
    data = build_message()
    plain = build_delivery(store, data, Placement(anne.id))
    index = plain.index.__class__(b"e", b"b", b"s", b"p", Span(0, 20), cuts=(Span(2, 5), Span(7, 8)))
    delivery = Delivery("t", plain.body, PREFIX, index, "unsigned", "{}", None, NOW, plain.placements)
    box = _deliver(store, delivery).placed[0].mailbox_id
    (row,) = store.read(lambda conn: load_page(conn, box, list_uids(store, anne), frozenset())).result()
    layout = store.read(lambda conn: find_layout(conn, box, row.meta.uid)).result()
    assert layout is not None
    assert row.size == layout.size == len(PREFIX) + len(data) - 4
    assert (layout.prefix, layout.header, layout.cuts, layout.parts) == (PREFIX, Span(0, 20), index.cuts, b"p")
    assert store.read(lambda conn: find_layout(conn, box, list_uids(store, anne)[0] + 1)).result() is None  # type: ignore[arg-type]


@pytest.mark.parametrize("octets", [0, INLINE_BYTES + 1], ids=["inline", "file"])
def test_a_message_is_loaded_whole(store: Store, octets: int) -> None:
    data = build_message(octets=octets)
    delivery = build_delivery(store, data, queue=(BOB,), reverse_path=parse_address('"a b"@a.test'), trace_id="t1")
    message_id = _deliver(store, delivery).message_id
    kept = store.read(lambda conn: load_message(conn, message_id)).result()
    assert kept is not None
    assert (kept.data, kept.prefix, kept.relay_prefix) == (data, PREFIX, RELAY_PREFIX)
    assert (kept.sha256, kept.reverse_path) == (delivery.body.sha256, delivery.reverse_path)
    assert (kept.trace_id, kept.received_at, kept.summary, kept.evidence) == ("t1", NOW, "unsigned", "{}")
    assert store.read(lambda conn: find_by_trace(conn, "t1")).result() == [message_id]
    assert store.read(lambda conn: load_message(conn, message_id + 1)).result() is None


def test_the_null_reverse_path_stays_null(store: Store) -> None:
    message_id = _deliver(store, build_delivery(store, build_message(), queue=(BOB,))).message_id
    kept = store.read(lambda conn: load_message(conn, message_id)).result()
    assert kept is not None
    assert kept.reverse_path is None


def test_messages_in_use_are_never_dropped(store: Store) -> None:
    anne = add_account(store)
    placed = deliver_to(store, anne, build_message("placed")).message_id
    queued = _deliver(store, build_delivery(store, build_message("queued"), queue=(BOB,))).message_id
    unused = _deliver(store, build_delivery(store, build_message("unused"))).message_id

    def drop(conn: Connection) -> None:
        drop_unused_messages(conn, [placed, queued, unused, 12345])

    store.submit(drop).result()
    for message_id, kept in ((placed, True), (queued, True), (unused, False)):
        assert (store.read(lambda conn, i=message_id: load_message(conn, i)).result() is not None) is kept  # type: ignore[misc]


def test_no_text_from_outside_can_make_a_message_undeliverable(store: Store) -> None:
    anne = add_account(store)
    plain = build_delivery(store, build_message(), Placement(anne.id))
    index = replace(plain.index, subject="\udcff\x00é", sender="\ud800", message_id="<\udfff>")
    entry = Entry(NOW, Event.RECEIVED, "t", {"helo": "\udcff"})
    done = _deliver(store, replace(plain, index=index, entries=(entry,)))
    assert list_uids(store, anne) == [done.placed[0].uid]
    kept = store.read(lambda conn: conn.execute(select(messages.c.subject, messages.c.sender)).one()).result()
    assert tuple(kept) == ("?\x00é", "?")
    assert store.read(read_entries).result()[0].entry == entry
