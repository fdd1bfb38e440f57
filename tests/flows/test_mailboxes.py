import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from mssmail.core.account import Account
from mssmail.core.envelope import Peer
from mssmail.core.examination import Index
from mssmail.core.mailbox import DELETED, FLAGGED, SEEN, UID, Column, Draft, ModSeq, StoreAction
from mssmail.core.message import Span
from mssmail.core.search import All, And, AnyText, HasFlag, UidRanges
from mssmail.errors import BadCredentials, HasChildren, MailboxExists, NoSuchMailbox, OverQuota, TooBig
from mssmail.flows import mailboxes as flow
from mssmail.flows.bell import Bells
from mssmail.flows.mailboxes import Mailboxes
from mssmail.flows.sign_in import SignIn
from mssmail.imap.backend import Bell, MailStore
from mssmail.journal import Event
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store.accounts import find_usage, set_quota
from mssmail.store.engine import Store, open_store
from mssmail.store.fsck import check_store
from mssmail.store.journal import read_entries
from tests.support.store import NOW, PREFIX, add_account, build_message, deliver_to, hash_once

MESSAGE = b"From: b@b.test\r\nSubject: Hello\r\n\r\nText\r\n"
FORGED = b"Authentication-Results: us.test; smime=pass\r\n"


def _scan(data: bytes) -> Index:
    return build_index(data, scan(data), "us.test")


@pytest.fixture
def anne(store: Store) -> Account:
    return add_account(store)


@pytest.fixture
def bells() -> Bells:
    return Bells()


@pytest.fixture
async def boxes(store: Store, bells: Bells) -> Mailboxes:
    return Mailboxes(store, bells, lambda: NOW, _scan, SignIn(store, lambda: NOW), max_message_bytes=1_000)


async def _append(boxes: Mailboxes, account: Account, *flags: str, data: bytes = MESSAGE, name: str = "INBOX") -> UID:
    return (await boxes.append(account, name, [Draft(data, frozenset(flags))])).uids[0][1]


async def _list_uids(boxes: Mailboxes, account: Account, name: str = "INBOX") -> list[int]:
    _, changes = await boxes.open_mailbox(account, name, read_only=True)
    return [meta.uid for meta in changes.appeared]


async def test_it_is_what_imap_expects(boxes: Mailboxes) -> None:
    mail_store: MailStore = boxes
    bell: Bell = mail_store.listen(1)
    bell.close()


async def test_login_needs_the_password(store: Store, boxes: Mailboxes) -> None:
    account = add_account(store, password_hash=hash_once("secret"))
    assert await boxes.login("anne@a.test", "secret", Peer("::1", 1), "PLAIN", trace_id="s") == account
    with pytest.raises(BadCredentials):
        await boxes.login("anne@a.test", "wrong", Peer("::1", 1), "PLAIN")


async def test_mailboxes_are_made_listed_renamed_and_removed(boxes: Mailboxes, anne: Account) -> None:
    made = await boxes.create_mailbox(anne, "a/b", "\\Archive")
    assert (await boxes.find_mailbox(anne, "a/b")) == made
    with pytest.raises(MailboxExists):
        await boxes.create_mailbox(anne, "a")
    await boxes.rename_mailbox(anne, "a", "c")
    with pytest.raises(HasChildren):
        await boxes.delete_mailbox(anne, "c")
    await boxes.delete_mailbox(anne, "c/b")
    names = [info.name for info in await boxes.list_mailboxes(anne)]
    assert names == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "c"]
    await boxes.subscribe(anne, "c", subscribed=True)
    assert "c" in await boxes.list_subscriptions(anne)


async def test_deleting_a_large_mailbox_is_one_short_write(
    store: Store, boxes: Mailboxes, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHANGES_AT_A_TIME", 2)
    await boxes.create_mailbox(anne, "Old")
    await boxes.append(anne, "Old", [Draft(MESSAGE, frozenset(), None)] * 7)
    before = await _count_operations(store)
    await boxes.delete_mailbox(anne, "Old")
    assert await _count_operations(store) - before == 2  # with the count before
    with pytest.raises(NoSuchMailbox):
        await boxes.find_mailbox(anne, "Old")
    assert (await boxes.find_quota(anne)).used == 0
    assert check_store(store) == []


async def _count_operations(store: Store) -> int:
    """Of the writer, before this one: they are counted behind their answers, but before the next one begins."""
    return await asyncio.wrap_future(store.submit(lambda _: store.writer_stats.operations))


async def test_a_client_appends_and_reads_back_the_same_bytes(boxes: Mailboxes, anne: Account) -> None:
    date = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    done = await boxes.append(anne, "inbox", [Draft(MESSAGE, frozenset({SEEN, "$Mine"}), date)])
    info = await boxes.find_mailbox(anne, "INBOX", counts=True)
    assert (done.uid_validity, done.uids) == (info.uid_validity, ((1, 1),))
    assert (info.messages, info.unseen, info.recent) == (1, 0, 1)
    pages = [page async for page in boxes.load_rows(info.id, [UID(1)], frozenset(Column))]
    ((row,),) = pages
    assert (row.internal_date, row.size, set(row.meta.flags)) == (date, len(MESSAGE), {SEEN, "$Mine"})
    assert b"Hello" in (row.envelope or b"")
    assert row.layout is not None
    assert row.layout.prefix == b""
    assert await boxes.load_layout(info.id, UID(1)) == row.layout
    assert await boxes.read_message(row.meta.message_id, Span(0, len(MESSAGE))) == MESSAGE


async def test_a_verdict_in_our_name_is_cut_from_what_a_client_appends(boxes: Mailboxes, anne: Account) -> None:
    uid = await _append(boxes, anne, data=FORGED + MESSAGE)
    info = await boxes.find_mailbox(anne, "INBOX")
    layout = await boxes.load_layout(info.id, uid)
    assert layout is not None
    assert layout.cuts == (Span(0, len(FORGED)),)
    assert layout.size == info.size == len(MESSAGE)


@pytest.mark.parametrize("octets", [1_001, 50_000])
async def test_too_large_an_append_is_refused(boxes: Mailboxes, anne: Account, octets: int) -> None:
    with pytest.raises(TooBig):
        await _append(boxes, anne, data=build_message(octets=octets))


async def test_an_append_needs_mailbox_and_room(store: Store, boxes: Mailboxes, anne: Account) -> None:
    with pytest.raises(NoSuchMailbox):
        await _append(boxes, anne, name="Nowhere")
    store.submit(lambda conn: set_quota(conn, anne.address, len(MESSAGE))).result()
    await _append(boxes, anne)
    with pytest.raises(OverQuota):
        await _append(boxes, anne)
    assert await _list_uids(boxes, anne) == [1]


async def test_a_copy_over_quota_copies_nothing(store: Store, boxes: Mailboxes, anne: Account) -> None:
    for _ in range(3):
        await _append(boxes, anne)
    store.submit(lambda conn: set_quota(conn, anne.address, 5 * len(MESSAGE))).result()
    inbox = (await boxes.find_mailbox(anne, "INBOX")).id
    with pytest.raises(OverQuota):
        await boxes.copy(anne, inbox, [UID(1), UID(2), UID(3)], "Archive")
    assert await _list_uids(boxes, anne, "Archive") == []
    done = await boxes.copy(anne, inbox, [UID(1), UID(3)], "Archive")
    assert done.uids == ((1, 1), (3, 2))
    with pytest.raises(NoSuchMailbox):
        await boxes.copy(anne, inbox, [UID(1)], "Nowhere")


async def test_recent_is_shown_to_the_first_session_that_may_claim_it(boxes: Mailboxes, anne: Account) -> None:
    await _append(boxes, anne)
    for read_only, recent in ((True, 1), (True, 1), (False, 1), (False, 0), (True, 0)):
        info, changes = await boxes.open_mailbox(anne, "INBOX", read_only=read_only)
        assert info.recent == sum(meta.recent for meta in changes.appeared) == recent
    await _append(boxes, anne)
    looked = await boxes.changes(info.id, changes.modseq)
    assert [meta.recent for meta in looked.appeared] == [False]
    claimed = await boxes.changes(info.id, changes.modseq, claim_recent=True)
    assert [meta.recent for meta in claimed.appeared] == [True]
    again = await boxes.changes(info.id, changes.modseq, claim_recent=True)
    assert [meta.recent for meta in again.appeared] == [False]


async def test_flags_are_stored_and_expunged_in_operations_of_bounded_size(
    store: Store, boxes: Mailboxes, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHANGES_AT_A_TIME", 2)
    monkeypatch.setattr(flow, "EXPUNGED_AT_A_TIME", 3)
    for number in range(5):
        deliver_to(store, anne, build_message(str(number)))
    info, start = await boxes.open_mailbox(anne, "INBOX", read_only=True)
    uids = [UID(number) for number in range(1, 6)]
    metas = await boxes.store_flags(info.id, uids, StoreAction.ADD, frozenset({DELETED}))
    assert [meta.uid for meta in metas] == uids
    assert await boxes.expunge(info.id, [UID(3), UID(9)]) == [3]
    assert await boxes.expunge(info.id, None) == [1, 2, 4, 5]
    assert await boxes.expunge(info.id, None) == []
    assert set((await boxes.changes(info.id, start.modseq)).vanished) == set(uids)


async def test_every_kind_of_change_rings(boxes: Mailboxes, anne: Account) -> None:
    inbox, archive = [(await boxes.find_mailbox(anne, name)).id for name in ("INBOX", "Archive")]
    bell, other = boxes.listen(inbox), boxes.listen(archive)
    await _append(boxes, anne)
    assert await bell.wait(10)
    await boxes.store_flags(inbox, [UID(1)], StoreAction.ADD, frozenset({DELETED}))
    assert await bell.wait(10)
    assert not await other.wait(0)
    await boxes.copy(anne, inbox, [UID(1)], "Archive")
    assert await other.wait(10)
    await boxes.expunge(inbox, None)
    assert await bell.wait(10)
    await boxes.expunge(inbox, None)
    assert not await bell.wait(0)
    await boxes.delete_mailbox(anne, "Archive")
    assert await other.wait(10)
    with pytest.raises(NoSuchMailbox):
        await boxes.changes(archive, ModSeq(1))


async def test_renaming_inbox_moves_its_messages_and_leaves_it(boxes: Mailboxes, anne: Account) -> None:
    await boxes.create_mailbox(anne, "INBOX/child")
    for _ in range(2):
        await _append(boxes, anne, FLAGGED)
    await boxes.rename_mailbox(anne, "inbox", "Old/2026")
    assert await _list_uids(boxes, anne) == []
    assert await _list_uids(boxes, anne, "Old/2026") == [1, 2]
    assert (await boxes.find_mailbox(anne, "INBOX/child")).name == "INBOX/child"
    assert await _append(boxes, anne) == 3
    with pytest.raises(MailboxExists):
        await boxes.rename_mailbox(anne, "INBOX", "Old/2026")


async def test_inbox_is_renamed_in_steps_to_the_end_whoever_hangs_up(
    store: Store, boxes: Mailboxes, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHANGES_AT_A_TIME", 2)
    for _ in range(5):
        await _append(boxes, anne, FLAGGED)
    bell = boxes.listen((await boxes.find_mailbox(anne, "INBOX")).id)
    before = await _count_operations(store)
    client = asyncio.create_task(boxes.rename_mailbox(anne, "INBOX", "Old"))
    await asyncio.sleep(0)
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    while await _list_uids(boxes, anne) != []:
        assert await bell.wait(30)
    assert await _list_uids(boxes, anne, "Old") == [1, 2, 3, 4, 5]
    assert await _count_operations(store) - before == 5  # the new mailbox, three steps, and the count before
    assert check_store(store) == []


async def test_a_client_that_hangs_up_stops_no_write_and_no_bell(store: Store, boxes: Mailboxes, anne: Account) -> None:
    entered, opened = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        entered.set()
        assert opened.wait(30)

    inbox = (await boxes.find_mailbox(anne, "INBOX")).id
    await _append(boxes, anne)
    bell = boxes.listen(inbox)
    held = store.submit(hold)
    await asyncio.to_thread(entered.wait, 30)
    client = asyncio.create_task(boxes.store_flags(inbox, [UID(1)], StoreAction.ADD, frozenset({SEEN})))
    await asyncio.sleep(0)
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    opened.set()
    held.result()
    assert await bell.wait(10)
    assert (await boxes.find_mailbox(anne, "INBOX")).unseen == 0


async def test_reading_a_body_is_journalled_with_its_uids(store: Store, boxes: Mailboxes, anne: Account) -> None:
    await boxes.note_read(anne, 7, [UID(3), UID(1), UID(2), UID(9)], trace_id="s1")
    store.submit(lambda _conn: None).result()  # whatever was submitted before is on the disk
    (kept,) = store.read(read_entries).result()
    assert (kept.entry.event, kept.entry.trace_id) == (Event.FETCHED, "s1")
    assert kept.entry.facts == {"account": "anne@a.test", "mailbox_id": 7, "uids": "1:3,9"}


async def test_who_reads_does_not_wait_for_the_disk_and_an_orderly_stop_loses_no_entry(
    store: Store, boxes: Mailboxes, anne: Account
) -> None:
    going_on = threading.Event()
    store.submit(lambda _conn: going_on.wait(60))
    for number in range(10):
        await boxes.note_read(anne, 7, [UID(number + 1)])
    assert store.read(read_entries).result() == []
    going_on.set()
    await asyncio.to_thread(store.close)
    again = open_store(store.directory)
    try:
        kept = again.read(read_entries).result()
        assert [each.entry.facts["uids"] for each in kept] == [str(number + 1) for number in range(10)]
    finally:
        again.close()


async def test_a_disk_that_is_late_slows_readers_down(store: Store, boxes: Mailboxes, anne: Account) -> None:
    going_on = threading.Event()
    store.submit(lambda _conn: going_on.wait(60))
    async with asyncio.TaskGroup() as group:
        notes = [group.create_task(boxes.note_read(anne, 7, [UID(1)])) for _ in range(100)]
        await asyncio.wait(notes, return_when=asyncio.FIRST_COMPLETED)
        assert not all(note.done() for note in notes)
        going_on.set()
    store.submit(lambda _conn: None).result()
    assert len(store.read(read_entries).result()) == 100


async def test_reading_that_cannot_be_journalled_is_in_the_log(
    store: Store, boxes: Mailboxes, anne: Account, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(store.close)
    with caplog.at_level(logging.ERROR):
        await boxes.note_read(anne, 7, [UID(4711)])
    assert "4711" in caplog.text


async def test_rows_come_in_pages_and_gone_ones_are_left_out(store: Store, boxes: Mailboxes, anne: Account) -> None:
    for number in range(60):
        deliver_to(store, anne, build_message(str(number)))
    inbox = (await boxes.find_mailbox(anne, "INBOX")).id
    uids = [UID(number) for number in range(100, 0, -1)]
    pages = [page async for page in boxes.load_rows(inbox, uids, frozenset({Column.HEADER}))]
    assert [len(page) for page in pages] == [50, 10]
    assert [row.meta.uid for page in pages for row in page] == list(range(1, 61))
    assert [page async for page in boxes.load_rows(inbox, [UID(99)], frozenset())] == []


async def test_a_search_over_many_reads_finds_each_match_once(store: Store, boxes: Mailboxes, anne: Account) -> None:
    for number in range(30):
        deliver_to(store, anne, build_message(f"{number} {'needle' if number % 3 else 'hay'}"), "INBOX", SEEN)
    inbox = (await boxes.find_mailbox(anne, "INBOX")).id
    assert await boxes.search(inbox, All()) == list(range(1, 31))
    wanted = [number + 1 for number in range(30) if number % 3]
    assert await boxes.search(inbox, AnyText("NEEDLE")) == wanted
    key = And((HasFlag("\\seen"), UidRanges(((5, 12),)), AnyText("needle")))
    assert await boxes.search(inbox, key) == [uid for uid in wanted if 5 <= uid <= 12]


async def test_what_lies_in_the_account_is_what_was_sent(store: Store, boxes: Mailboxes, anne: Account) -> None:
    deliver_to(store, anne, MESSAGE)
    usage = store.read(lambda conn: find_usage(conn, anne.id)).result()
    assert usage.octets == len(PREFIX) + len(MESSAGE)
    later = NOW + timedelta(days=1)
    await boxes.append(anne, "Sent", [Draft(MESSAGE, internal_date=later)])
    assert store.read(lambda conn: find_usage(conn, anne.id)).result().messages == 2


async def test_no_client_sets_clears_or_loses_the_keywords_of_our_verdict(
    store: Store, boxes: Mailboxes, anne: Account
) -> None:
    deliver_to(store, anne, build_message(), "INBOX", "$SMIMEValid")
    forged = await _append(boxes, anne, "$SMIMEValid", "$smimeINVALID", "$Forwarded")
    inbox = (await boxes.find_mailbox(anne, "INBOX")).id
    everything = frozenset({"$SMIMEINVALID", "$SMIMEValid"})
    for action in StoreAction:
        await boxes.store_flags(inbox, [UID(1), forged], action, everything)
    await boxes.copy(anne, inbox, [UID(1)], "Archive")
    await boxes.move(anne, inbox, [UID(1)], "Sent")
    flags = {}
    for name in ("INBOX", "Archive", "Sent"):
        _, changes = await boxes.open_mailbox(anne, name, read_only=True)
        flags[name] = [meta.flags for meta in changes.appeared]
    told = [frozenset({"$SMIMEValid"})]
    assert flags == {"INBOX": [frozenset()], "Archive": told, "Sent": told}


async def test_what_came_is_told_with_by_how_much_the_clock_moved(
    boxes: Mailboxes, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who put it there is not told of its own changes, and of all others': NOTIFY counts them (RFC 5465 §5)."""
    monkeypatch.setattr(flow, "CHANGES_AT_A_TIME", 2)
    for _ in range(5):
        await _append(boxes, anne)
    inbox, uids = (await boxes.find_mailbox(anne, "INBOX")).id, [UID(uid) for uid in (1, 2, 3, 4, 5, 8, 9)]
    for act in (boxes.copy, boxes.move, boxes.copy):
        before = (await boxes.find_mailbox(anne, "Archive")).highest_modseq
        done = await act(anne, inbox, uids, "Archive")
        assert (await boxes.find_mailbox(anne, "Archive")).highest_modseq - before == done.changes
