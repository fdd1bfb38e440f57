import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import MAX_ROW_HEADER, UID, Column, MessageRow
from mssmail.core.message import Span
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store
from mssmail.store.layouts import find_layout
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.pages import PAGE_OCTETS, find_following, find_page_size, load_page
from tests.support.store import NOW, PREFIX, build_message, deliver_to

HEADER = b"From: b@b.test\r\nSubject: one\r\n\r\n"


@pytest.fixture
def inbox(store: Store, anne: Account) -> int:
    return store.read(lambda conn: find_mailbox(conn, anne.id, "INBOX").id).result()


def _load(store: Store, mailbox_id: int, numbers: list[int], *columns: Column) -> list[MessageRow]:
    uids = [UID(number) for number in numbers]
    return list(store.read(lambda conn: load_page(conn, mailbox_id, uids, frozenset(columns))).result())


def test_a_page_is_ascending_and_leaves_out_what_is_gone(store: Store, anne: Account, inbox: int) -> None:
    for number in range(3):
        deliver_to(store, anne, build_message(str(number)))
    assert [row.meta.uid for row in _load(store, inbox, [3, 1, 99])] == [1, 3]
    assert _load(store, inbox, []) == []


def test_a_page_brings_what_was_asked_for_and_no_more(store: Store, anne: Account, inbox: int) -> None:
    deliver_to(store, anne, build_message("one"), "INBOX", "\\Seen")
    (bare,) = _load(store, inbox, [1])
    assert bare == MessageRow(bare.meta, len(PREFIX + build_message("one")))
    assert set(bare.meta.flags) == {"\\Seen"}
    (full,) = _load(store, inbox, [1], *Column)
    assert (full.envelope, full.body, full.bodystructure, full.header) == (b"(ENV)", b"(B)", b"(BS)", HEADER)
    assert (full.internal_date, full.saved_at, full.data) == (NOW, NOW, build_message("one"))
    for column in set(Column) - {Column.HEADER}:
        (some,) = _load(store, inbox, [1], column)
        assert some == bare._replace(**{column.value: getattr(full, column.value)})
    assert full.layout == store.read(lambda conn: find_layout(conn, inbox, UID(1))).result()
    (laid,) = _load(store, inbox, [1], Column.LAYOUT)
    assert (laid.layout, laid.header) == (full.layout, None)
    (header,) = _load(store, inbox, [1], Column.HEADER)
    assert (header.layout, header.header) == (None, HEADER)


@pytest.mark.parametrize("gap", [1, 7, 5_000], ids=["dense", "holes", "sparse"])
def test_a_page_of_any_density_holds_what_was_asked_for(store: Store, anne: Account, inbox: int, gap: int) -> None:
    for number in range(8):
        deliver_to(store, anne, build_message(str(number)))
    wanted = list(range(1, 9 * gap, gap))
    there = [uid for uid in wanted if uid <= 8]
    assert [row.meta.uid for row in _load(store, inbox, wanted)] == there
    assert [row.meta.uid for row in _load(store, inbox, wanted, Column.FIELDS)] == there


def test_the_header_of_a_large_message_comes_from_its_file(store: Store, anne: Account, inbox: int) -> None:
    deliver_to(store, anne, build_message("one", octets=INLINE_BYTES + 1))
    assert _load(store, inbox, [1], Column.HEADER)[0].header == HEADER


@pytest.mark.parametrize("octets", [0, INLINE_BYTES + 1], ids=["inline", "file"])
def test_an_endless_header_stays_out_of_the_page(store: Store, anne: Account, inbox: int, octets: int) -> None:
    message_id = deliver_to(store, anne, build_message("s" * MAX_ROW_HEADER, octets=octets)).message_id
    (row,) = _load(store, inbox, [1], Column.HEADER, Column.LAYOUT)
    assert row.layout is not None
    assert row.header is None
    assert len(store.read_body(message_id, row.layout.header).result()) > MAX_ROW_HEADER


def test_a_damaged_message_does_not_make_the_page_unreadable(store: Store, anne: Account, inbox: int) -> None:
    deliver_to(store, anne, build_message("one", octets=INLINE_BYTES + 1))
    deliver_to(store, anne, build_message("one"))
    (_, path), *_ = store.body_files.list_files()
    path.unlink()
    lost, good = _load(store, inbox, [1, 2], Column.HEADER)
    assert (lost.header, good.header) == (None, HEADER)
    assert lost.size == len(PREFIX) + len(Span(0, INLINE_BYTES + 1))


def test_the_more_a_row_holds_the_fewer_make_a_page() -> None:
    sizes = [find_page_size(frozenset(columns)) for columns in ((), (Column.ENVELOPE,), tuple(Column))]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_a_page_of_long_rows_is_cut_short_and_told_apart_from_one_with_gaps(
    store: Store, anne: Account, inbox: int
) -> None:
    for number in range(14):
        deliver_to(store, anne, build_message(str(number), octets=60_000))
    uids = [*range(1, 15), 99]
    first = _load(store, inbox, uids, Column.DATA)
    assert len(first) == 1 + PAGE_OCTETS // 60_000
    following = find_following([UID(uid) for uid in uids], 0, 50, first)
    assert following == len(first)
    rest = _load(store, inbox, uids[following:], Column.DATA)
    assert [row.meta.uid for row in (*first, *rest)] == uids[:-1]
    assert find_following([UID(uid) for uid in uids], following, 50, rest) >= len(uids)
    assert find_following([UID(uid) for uid in uids], 0, 50, []) == 50
