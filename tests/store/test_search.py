from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from mssmail.core.account import Account
from mssmail.core.mailbox import UID, SeqSet, UIDSet
from mssmail.core.message import Span
from mssmail.core.search import (
    All,
    And,
    AnyText,
    BodyText,
    Comparison,
    DateKey,
    DateKind,
    EnvelopeText,
    HasFlag,
    HeaderText,
    InSeqs,
    InUids,
    Not,
    Or,
    SearchKey,
    SizeKey,
    UidRanges,
)
from mssmail.errors import TooBig
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.store import search as store_search
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store
from mssmail.store.messages import Delivery, Placement, deliver
from mssmail.store.search import build_search
from tests.support.store import NOW, PREFIX, add_account, make_store

MESSAGES = {
    1: (
        "From: =?utf-8?q?Ren=C3=A9?= <rene@a.test>\r\nTo: bob@b.test\r\nSubject: Caf=?utf-8?q?=C3=A9?= \r\n"
        "Date: Fri, 20 Nov 2026 23:30:00 -0500\r\nMessage-ID: <one@a.test>\r\nX-Note: first\r\n\r\nPlain words\r\n",
        {"\\Seen", "Blue"},
    ),
    2: (
        "From: zoe@a.test\r\nCc: eve@c.test\r\nSubject: 100%_sure\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nU3RyYcOfZSBuZWVkbGU=\r\n",
        {"\\Flagged", "\\Deleted"},
    ),
    3: (
        "From: zoe@a.test\r\nSubject:\r\nX-Empty:\r\n\r\n" + "needle " + "y" * INLINE_BYTES,
        {"\\Answered", "\\Draft", "blue-ish"},
    ),
    4: (
        "Authentication-Results: us.test; smime=pass\r\nFrom: <bob@b.test> (call me)\r\nSubject: one\r\n"
        "Subject: second\r\n\r\nwords\r\n",
        set[str](),
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = make_store(tmp_path_factory.mktemp("search") / "store")
    yield store
    store.close()


@pytest.fixture(scope="module")
def account(store: Store) -> Account:
    return add_account(store)


@pytest.fixture(scope="module")
def inbox(store: Store, account: Account) -> int:
    """Four messages that arrived on four days; UIDs as in MESSAGES."""
    for number, (text, flags) in MESSAGES.items():
        data = text.encode()
        index = build_index(data, scan(data), "us.test")
        at = NOW + (number - 3) * timedelta(days=1)
        place = Placement(account.id, "INBOX", frozenset(flags))
        delivery = Delivery(f"t{number}", store.keep_body(data), PREFIX, index, "", "{}", None, at, (place,))
        mailbox_id = store.submit(lambda conn, d=delivery: deliver(conn, d)).result().placed[0].mailbox_id  # type: ignore[misc]
    return int(mailbox_id)


def _search(store: Store, mailbox_id: int, key: SearchKey) -> list[int]:
    search = build_search(mailbox_id, key)
    found: list[int] = []
    after: UID | None = UID(0)
    while after is not None:
        page = store.read(lambda conn, after=after: search.find_page(conn, after)).result()  # type: ignore[misc]
        found += page.uids
        after = page.following
    return found


def _date(kind: DateKind, comparison: Comparison, day: int) -> DateKey:
    return DateKey(kind, comparison, date(2026, 11, day))


SUBJECT = EnvelopeText("subject", "sure")
BODY = BodyText("needle")

CASES: list[tuple[SearchKey, list[int]]] = [
    (All(), [1, 2, 3, 4]),
    (HasFlag("\\Seen"), [1]),
    (HasFlag("\\seen"), [1]),
    (HasFlag("\\Deleted"), [2]),
    (HasFlag("\\Draft"), [3]),
    (HasFlag("\\Recent"), []),  # the view's, never the store's
    (HasFlag("\\Unknown"), []),
    (HasFlag("blue"), [1]),
    (HasFlag("BLUE-ISH"), [3]),
    (HasFlag("ish"), []),
    (EnvelopeText("from", "rené"), [1]),
    (EnvelopeText("from", "RENÉ <rene@A"), [1]),
    (EnvelopeText("from", "zoe"), [2, 3]),
    (EnvelopeText("to", "bob"), [1]),
    (EnvelopeText("cc", "eve@c.test"), [2]),
    (EnvelopeText("bcc", "eve"), []),
    (EnvelopeText("subject", "CAFÉ"), [1]),
    (EnvelopeText("subject", "%_"), [2]),  # no wildcards
    (EnvelopeText("subject", "x%"), []),
    (EnvelopeText("subject", "\udcff"), []),
    (AnyText("\udcff"), []),
    (EnvelopeText("subject", ""), [1, 2, 3, 4]),
    (HeaderText("message-id", "<ONE@"), [1]),
    # the field itself, not what ENVELOPE tells of it: its brackets and comments, and the second one too
    (HeaderText("from", "RENÉ <rene@A"), [1]),
    (HeaderText("from", "<bob@b.test> (call"), [4]),
    (EnvelopeText("from", "<bob@b.test> (call"), []),
    (HeaderText("subject", "second"), [4]),
    (EnvelopeText("subject", "second"), []),
    (HeaderText("x-note", "FIRST"), [1]),
    (HeaderText("x-empty", ""), [3]),
    (HeaderText("x-empty", "a"), []),
    (HeaderText("x-none", ""), []),
    (HeaderText("return-path", "a@b"), [1, 2, 3, 4]),  # our prefix is part of the view
    (HeaderText("authentication-results", "pass"), []),  # a verdict in our name is not
    (BodyText("needle"), [2, 3]),
    (BodyText("STRASSE"), [2]),
    (BodyText("first"), []),
    (AnyText("first"), [1]),
    (AnyText("words"), [1, 4]),
    (AnyText("x-note: first"), [1]),
    (AnyText("smime"), []),
    (_date(DateKind.INTERNAL, Comparison.BEFORE, 20), [1]),
    (_date(DateKind.INTERNAL, Comparison.ON, 20), [2]),
    (_date(DateKind.INTERNAL, Comparison.SINCE, 20), [2, 3, 4]),
    (_date(DateKind.SAVED, Comparison.SINCE, 22), [4]),
    (_date(DateKind.SENT, Comparison.ON, 20), [1]),  # the date as written, whatever the zone
    (_date(DateKind.SENT, Comparison.SINCE, 21), [2]),
    (_date(DateKind.SENT, Comparison.BEFORE, 30), [1, 2]),  # without a Date there is nothing to compare
    (SizeKey(Comparison.LARGER, INLINE_BYTES), [3]),
    (SizeKey(Comparison.BEFORE, INLINE_BYTES), [1, 2, 4]),
    (UidRanges(()), []),
    (UidRanges(((2, 3), (9, 12))), [2, 3]),
    (Not(HasFlag("\\Seen")), [2, 3, 4]),
    (Not(BODY), [1, 4]),
    (Not(Not(BODY)), [2, 3]),
    (Or(HasFlag("\\Seen"), HasFlag("\\Deleted")), [1, 2]),
    (Or(HasFlag("\\Seen"), BODY), [1, 2, 3]),
    (Or(BODY, HeaderText("x-note", "first")), [1, 2, 3]),
    (And((HasFlag("\\Deleted"), BODY)), [2]),
    (And((SUBJECT, BODY, Not(HasFlag("\\Seen")))), [2]),
    (And((Or(SUBJECT, BodyText("plain")), Not(And((BODY, HasFlag("\\Flagged")))))), [1]),
    (Not(Or(And((BODY, SUBJECT)), HasFlag("\\Draft"))), [1, 4]),
    (And(()), [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("key", "uids"), CASES, ids=[repr(key) for key, _ in CASES])
def test_a_key_finds_what_it_says(store: Store, inbox: int, key: SearchKey, uids: list[int]) -> None:
    assert _search(store, inbox, key) == uids


@pytest.mark.parametrize(("key", "uids"), CASES, ids=[repr(key) for key, _ in CASES])
def test_it_does_not_matter_how_much_one_read_covers(
    store: Store, inbox: int, monkeypatch: pytest.MonkeyPatch, key: SearchKey, uids: list[int]
) -> None:
    monkeypatch.setattr(store_search, "PAGE_ROWS", 1)
    monkeypatch.setattr(store_search, "OPENED_ROWS", 2)
    monkeypatch.setattr(store_search, "OPENED_OCTETS", 10)
    assert _search(store, inbox, key) == uids


@pytest.mark.parametrize("key", [key for key, _ in CASES], ids=[repr(key) for key, _ in CASES])
def test_a_key_and_its_negation_part_the_mailbox(store: Store, inbox: int, key: SearchKey) -> None:
    found, rest = _search(store, inbox, key), _search(store, inbox, Not(key))
    assert sorted(found + rest) == [1, 2, 3, 4]


def test_many_ranges_are_looked_up_one_by_one(store: Store, inbox: int) -> None:
    ranges = ((2, 3), *((number, number) for number in range(10, 1_000, 2)))
    assert _search(store, inbox, UidRanges(ranges)) == [2, 3]
    assert _search(store, inbox, And((UidRanges(ranges), Not(BodyText("strasse"))))) == [3]


def test_other_mailboxes_are_not_searched(store: Store, inbox: int) -> None:
    assert _search(store, inbox + 1, All()) == _search(store, inbox + 1, AnyText("words")) == []


def test_an_endless_key_is_refused(store: Store, inbox: int) -> None:
    assert _search(store, inbox, And(tuple([All()] * 399))) == [1, 2, 3, 4]
    deep: SearchKey = All()
    for _ in range(399):
        deep = Not(deep)
    assert _search(store, inbox, deep) == []
    for key in (And(tuple([All()] * 400)), Not(deep), Or(deep, All())):
        with pytest.raises(TooBig):
            build_search(inbox, key)


@pytest.mark.parametrize("key", [InSeqs(SeqSet(((1, 2),))), InUids(UIDSet(((1, 2),)))])
def test_unresolved_numbers_are_a_mistake(inbox: int, key: SearchKey) -> None:
    with pytest.raises(ValueError, match="resolved"):
        build_search(inbox, key)


def test_a_damaged_message_fails_no_search(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    account = add_account(store)
    for text, _ in (MESSAGES[3], MESSAGES[1]):
        data = text.encode()
        index = replace(build_index(data, scan(data), "us.test"), header=Span(0, 10))
        place = (Placement(account.id),)
        delivery = Delivery("t", store.keep_body(data), b"", index, "", "{}", None, NOW, place)
        mailbox_id = store.submit(lambda conn, d=delivery: deliver(conn, d)).result().placed[0].mailbox_id  # type: ignore[misc]
    for _, path in store.body_files.list_files():
        path.unlink()
    assert _search(store, mailbox_id, AnyText("needle")) == []
    assert _search(store, mailbox_id, BodyText("plain")) == [2]
    store.close()
