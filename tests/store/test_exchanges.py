"""Exchanges open, go on and close by the names of their messages, and are forgotten."""

from datetime import timedelta

from mssmail.core.address import parse_address
from mssmail.core.exchange import Answered, Exchange, ExchangeState, Thread
from mssmail.store import exchanges
from mssmail.store.engine import Store
from mssmail.store.exchanges import (
    close_exchange,
    find_answered,
    forget_exchanges,
    list_exchanges,
    note_answer,
    note_professional,
)
from tests.support.store import NOW

DOCTOR, TEAM = parse_address("Marie@a.test"), parse_address("team@a.test")
ALICE, PAUL = parse_address("279035121518989@patient.test"), parse_address("179032A21518933@patient.test")
NONE, OPEN, CLOSED = ExchangeState.NONE, ExchangeState.OPEN, ExchangeState.CLOSED


def _write(store: Store, thread: Thread, *, closes: bool = False, minutes: int = 0) -> Exchange:
    at = NOW + timedelta(minutes=minutes)
    return store.submit(lambda conn: note_professional(conn, DOCTOR, ALICE, thread, at, closes=closes)).result()


def _find(store: Store, *references: str) -> Answered:
    return store.read(lambda conn: find_answered(conn, DOCTOR, ALICE, Thread("<x@p>", references))).result()


def test_nobody_has_written_yet(store: Store) -> None:
    assert _find(store, "<1@a>") == Answered(DOCTOR, NONE, NONE)


def test_a_message_of_the_professional_opens_an_exchange_with_this_patient_only(store: Store) -> None:
    opened = _write(store, Thread("<1@a>"))
    assert (opened.professional, opened.patient, opened.state) == ("marie@a.test", ALICE.key, OPEN)
    assert _find(store, "<1@a>") == Answered(DOCTOR, OPEN, OPEN)
    assert _find(store, "<2@a>") == Answered(DOCTOR, NONE, OPEN)
    other = store.read(lambda conn: find_answered(conn, DOCTOR, PAUL, Thread("", ("<1@a>",)))).result()
    assert other == Answered(DOCTOR, NONE, NONE)


def test_closing_one_exchange_leaves_the_others_open_and_writing_again_opens_it(store: Store) -> None:
    first, _second = _write(store, Thread("<1@a>")), _write(store, Thread("<2@a>"))
    closed = _write(store, Thread("<3@a>", ("<1@a>",)), closes=True)
    assert (closed.id, closed.state) == (first.id, CLOSED)
    assert _find(store, "<1@a>") == Answered(DOCTOR, CLOSED, OPEN)
    assert _find(store, "<2@a>", "<3@a>") == Answered(DOCTOR, CLOSED, OPEN)  # the newest name counts
    assert _find(store, "<2@a>") == Answered(DOCTOR, OPEN, OPEN)
    again = _write(store, Thread("<4@a>", ("<3@a>",)))
    assert (again.id, again.state) == (first.id, OPEN)


def test_an_answer_belongs_to_what_it_names_else_to_the_liveliest_open_one(store: Store) -> None:
    first, second = _write(store, Thread("<1@a>")), _write(store, Thread("<2@a>"), minutes=1)

    def answer(name: str, *references: str) -> Exchange | None:
        at = NOW + timedelta(minutes=5)
        return store.submit(lambda conn: note_answer(conn, DOCTOR, ALICE, Thread(name, references), at)).result()

    unnamed, named = answer("<b@p>"), answer("<a@p>", "<1@a>")
    assert named is not None
    assert unnamed is not None
    assert named.id == first.id
    assert unnamed.id == second.id
    assert _write(store, Thread("<5@a>", ("<a@p>",)), minutes=6).id == first.id
    assert store.submit(lambda conn: note_answer(conn, TEAM, ALICE, Thread("<c@p>"), NOW)).result() is None


def test_an_administrator_may_close_and_open(store: Store) -> None:
    exchange = _write(store, Thread("<1@a>"))
    assert store.submit(lambda conn: close_exchange(conn, exchange.id, NOW)).result()
    assert _find(store, "<1@a>").named is CLOSED
    assert store.submit(lambda conn: close_exchange(conn, exchange.id, None)).result()
    assert _find(store, "<1@a>").named is OPEN
    assert not store.submit(lambda conn: close_exchange(conn, 99, None)).result()


def test_what_is_remembered_has_an_end(store: Store) -> None:
    exchanges_before, names_before = exchanges.MAX_BETWEEN, exchanges.MAX_MESSAGES
    for number in range(exchanges_before + 3):
        _write(store, Thread(f"<{number}@a>"), minutes=number)
    kept = store.read(lambda conn: list_exchanges(conn, professional=DOCTOR)).result()
    assert len(kept) == exchanges_before
    assert kept[0].opened_at == NOW + timedelta(minutes=3)
    last = f"<{exchanges_before + 2}@a>"
    for number in range(names_before):
        _write(store, Thread(f"<more{number}@a>", (last,)), minutes=300)
    assert _find(store, f"<more{names_before - 2}@a>").named is OPEN
    assert _find(store, f"<more{names_before - 1}@a>").named is NONE
    assert store.read(lambda conn: list_exchanges(conn, professional=TEAM)).result() == []


def test_silence_ends_an_exchange(store: Store) -> None:
    _write(store, Thread("<1@a>"))
    _write(store, Thread(""), minutes=5)
    assert store.submit(lambda conn: forget_exchanges(conn, NOW)).result() == 0
    assert store.submit(lambda conn: forget_exchanges(conn, NOW + timedelta(minutes=1))).result() == 1
    assert len(store.read(list_exchanges).result()) == 1
