"""The index for SEARCH fills itself; searches find the same before, meanwhile and after."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select, text

from mssmail.core.account import Account
from mssmail.core.mailbox import UID
from mssmail.core.search import And, AnyText, BodyText, HeaderText, Not, Or, SearchKey
from mssmail.flows.indexing import Indexer, find_rest
from mssmail.flows.searching import Searching
from mssmail.mime.text import fold
from mssmail.store.engine import Store
from mssmail.store.grams import BLOCK
from mssmail.store.mailboxes import find_mailbox
from mssmail.store.rows import expunge
from mssmail.store.schema import gram_blocks, listings, message_texts
from mssmail.store.text_index import keep_messages, list_messages, prepare_message
from tests.support.store import add_account, build_message, deliver_to
from tests.support.waiting import until

WORDS = ["Straße", "éclair", "fièvre", "K+ 6,9", "ab", "a", "Dupont Marie", "été", "ﬁn", "zz"]


def _clock() -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC)


def _count(store: Store, table: object) -> int:
    return store.read(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one()).result()  # type: ignore[arg-type]


def _text(number: int) -> str:
    return f"{WORDS[number % 10]} \t{WORDS[number * 7 % 10]}\r\nn{number}"


def _fill(store: Store, account: Account, count: int) -> int:
    for number in range(count):
        header = build_message(f"s{number}").partition(b"\r\n\r\n")[0]
        header += b"\r\nX-Odd: odd%d\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" % number
        deliver_to(store, account, header + _text(number).encode() + b"\r\n", "INBOX", "\\Deleted")
    return store.read(lambda conn: find_mailbox(conn, account.id, "INBOX").id).result()


async def test_fills_whole_blocks_and_goes_on_where_it_was(store: Store) -> None:
    anne = add_account(store)
    _fill(store, anne, 2 * BLOCK + 5)
    indexer = Indexer(store)
    await indexer.catch_up()
    assert (_count(store, gram_blocks), _count(store, message_texts)) == (2, 2 * BLOCK - 1)
    _fill(store, anne, BLOCK)
    await indexer.catch_up()
    assert _count(store, gram_blocks) == 3
    await Indexer(store).catch_up()  # after a restart
    assert _count(store, gram_blocks) == 3


async def test_a_message_that_cannot_be_read_holds_up_nothing(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    _fill(store, add_account(store), BLOCK)
    store.submit(lambda conn: conn.execute(text("UPDATE messages SET cuts = '{' WHERE id = 7"))).result()
    await Indexer(store).catch_up()
    assert _count(store, gram_blocks) == 1
    assert "message 7 cannot be indexed" in caplog.messages


async def test_lists_what_an_older_version_kept(store: Store) -> None:
    _fill(store, add_account(store), 3)
    store.submit(lambda conn: conn.execute(delete(listings))).result()
    await Indexer(store).catch_up()
    assert _count(store, listings) == 3


async def test_sweeps_out_what_has_gone(store: Store) -> None:
    inbox = _fill(store, add_account(store), BLOCK)
    indexer = Indexer(store)
    await indexer.catch_up()
    store.submit(lambda conn: expunge(conn, inbox, None, 1_000)).result()
    assert _count(store, message_texts) == 0
    await indexer.sweep()
    assert _count(store, gram_blocks) == 0


async def test_runs_by_itself_until_it_is_stopped(store: Store) -> None:
    _fill(store, add_account(store), BLOCK)
    indexer = Indexer(store, look_seconds=0.01)
    await indexer.start()
    await until(lambda: _count(store, gram_blocks) > 0)
    await indexer.stop()
    await indexer.stop()


def test_rests_the_longer_the_more_is_written() -> None:
    assert find_rest(0.002, 0, 0.1) == 0
    assert find_rest(0.002, 25, 0.1) == pytest.approx(0.1)  # 250 a second: fifty times as long as it worked
    assert find_rest(0.002, 5, 0.1) == pytest.approx(0.02)
    assert find_rest(0.002, 1, 0.0) < 1  # a clock that stood still makes nobody rest for ever


async def test_a_store_that_cannot_be_read_is_told_and_tried_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    indexer = Indexer(store, look_seconds=0.01)
    store.close()
    await indexer.start()
    await until(lambda: sum("could not be filled" in message for message in caplog.messages) > 1)
    await indexer.stop()


KEYS: st.SearchStrategy[SearchKey] = st.recursive(
    st.builds(BodyText, st.sampled_from([*WORDS, "ASSE", "clair", "e n1", "e\r\n n1", " ", "n7", "X-Odd", ""]))
    | st.builds(AnyText, st.sampled_from([*WORDS, "odd3", "x-odd: ODD", "s11", "b.test", ""]))
    | st.builds(HeaderText, st.sampled_from(["x-odd", "content-type", "no"]), st.sampled_from(["", "dd1", "s1", "1"])),
    lambda inner: (
        st.builds(Not, inner) | st.builds(Or, inner, inner) | st.builds(lambda a, b: And((a, b)), inner, inner)
    ),
    max_leaves=4,
)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", fold(text))


def _holds(key: SearchKey, number: int) -> bool:
    """What a search must find, said once more and plainly."""
    header = {"from": "b@b.test", "subject": f"s{number}", "x-odd": f"odd{number}"}
    header |= {"content-type": "text/plain; charset=utf-8", "return-path": "<a@b.test>", "received": "by us"}
    match key:
        case BodyText(text):
            return _fold(text) in _fold(_text(number) + "\r\n")
        case AnyText(text):
            return any(_fold(text) in _fold(f"{name}: {value}") for name, value in header.items()) or _holds(
                BodyText(text), number
            )
        case HeaderText(field, text):
            return field in header and _fold(text) in _fold(header[field])
        case Not(inner):
            return not _holds(inner, number)
        case Or(left, right):
            return _holds(left, number) or _holds(right, number)
        case And(keys):
            return all(_holds(inner, number) for inner in keys)
    raise TypeError(key)


COUNT = BLOCK + 20


@pytest.fixture(params=["not indexed", "half indexed", "indexed"])
async def inbox(store: Store, request: pytest.FixtureRequest) -> int:
    anne = add_account(store)
    mailbox_id = _fill(store, anne, COUNT)
    if request.param != "not indexed":
        await Indexer(store).catch_up()
    if request.param == "indexed":  # the last block too, though it may still grow

        def fill(conn: Connection) -> None:
            keep_messages(conn, 1, [prepare_message(conn, each) for each in list_messages(conn, 1)])

        store.submit(fill).result()
    return mailbox_id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(KEYS)
async def test_the_index_changes_nothing_but_the_time(store: Store, inbox: int, key: SearchKey) -> None:
    found = await Searching(store, _clock).search(inbox, key)
    assert found == [UID(number + 1) for number in range(COUNT) if _holds(key, number)]
