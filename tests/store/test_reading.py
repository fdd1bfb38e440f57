import pytest
from sqlalchemy import Connection

from mssmail.core.examination import Index
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.mime.text import fold
from mssmail.store import reading as reading_module
from mssmail.store.engine import Store
from mssmail.store.messages import Delivery, Placement, deliver
from mssmail.store.reading import Reading
from tests.support.store import NOW, add_account

PREFIX = b"Return-Path: <>\r\n"
FORGED = b"Authentication-Results: us.test; smime=pass\r\n"
DATA = b"From: a@a.test\r\n" + FORGED + b"Subject: =?utf-8?q?=C3=89t=C3=A9?=\r\n folded\r\n\r\nbody text\r\n"


def _deliver(store: Store, index: Index, data: bytes = DATA) -> int:
    place = (Placement(add_account(store).id),)
    delivery = Delivery("t", store.keep_body(data), PREFIX, index, "", "{}", None, NOW, place)
    return store.submit(lambda conn: deliver(conn, delivery)).result().message_id


def test_header_and_body_are_read_as_the_view_shows_them(store: Store) -> None:
    message_id = _deliver(store, build_index(DATA, scan(DATA), "us.test"))

    def ask(conn: Connection) -> list[bool]:
        reading = Reading(conn, message_id)
        return [
            reading.has_header_text("return-path", fold("<>")),
            reading.has_header_text("subject", fold("été folded")),
            reading.has_header_text("from", ""),
            reading.has_any_text(fold("FROM: A@A")),
            reading.has_any_text(fold("body text")),
            reading.has_body_text(fold("body text")),
            reading.has_header_text("authentication-results", ""),
            reading.has_any_text(fold("smime=pass")),
            reading.has_body_text(fold("a@a.test")),
        ]

    assert store.read(ask).result() == [True] * 6 + [False] * 3


def test_headers_of_parts_are_found_in_the_text_and_not_in_the_body(store: Store) -> None:
    # RFC 9051 §6.4.4
    part = b"Content-Type: image/png\r\nX-Part: =?utf-8?q?=C3=A9cho?=\r\n\r\nAAAA"
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + part + b"\r\n--b\r\n\r\nwords\r\n--b--\r\n"
    message_id = _deliver(store, build_index(data, scan(data), "us.test"), data)

    def ask(conn: Connection) -> list[bool]:
        reading = Reading(conn, message_id)
        wanted = [fold("image/PNG"), fold("X-Part: Écho"), fold("words")]
        return [
            *map(reading.has_any_text, wanted),
            *map(reading.has_body_text, wanted),
            reading.has_header_text("x-part", ""),
        ]

    assert store.read(ask).result() == [True] * 3 + [False, False, True] + [False]


def test_a_message_is_opened_only_when_asked_and_once(store: Store) -> None:
    index = build_index(DATA, scan(DATA), "us.test")
    message_id = _deliver(store, index)

    def ask(conn: Connection) -> list[int]:
        reading = Reading(conn, message_id)
        octets = [reading.octets]
        for _ in range(2):
            reading.has_header_text("x", "")
            octets.append(reading.octets)
        for _ in range(2):
            reading.has_body_text("x")
            octets.append(reading.octets)
        return octets

    header, whole = len(index.header), len(DATA)
    assert store.read(ask).result() == [0, header, header, header + whole, header + whole]


def test_a_message_that_has_gone_has_no_text(store: Store) -> None:
    def ask(conn: Connection) -> bool:
        return Reading(conn, 99).has_any_text("x") or Reading(conn, 99).has_header_text("from", "")

    assert store.read(ask).result() is False


def test_of_a_giant_message_the_beginning_is_searched(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = _deliver(store, build_index(DATA, scan(DATA), "us.test"))
    monkeypatch.setattr(reading_module, "MAX_READ", len(DATA) - 6)

    def ask(conn: Connection) -> tuple[bool, bool]:
        reading = Reading(conn, message_id)
        return reading.has_body_text("body"), reading.has_body_text("text")

    assert store.read(ask).result() == (True, False)


def _append(store: Store, data: bytes) -> int:
    place = (Placement(add_account(store).id),)
    index = build_index(data, scan(data), "us.test")
    delivery = Delivery("t", store.keep_body(data), b"", index, "", "{}", None, NOW, place)
    return store.submit(lambda conn: deliver(conn, delivery)).result().message_id


def test_a_field_behind_ten_thousand_others_is_found(store: Store) -> None:
    message_id = _append(store, b"X: y\r\n" * 10_001 + b"X-Last : Fin\r\n  =?utf-8?q?=C3=A9t=C3=A9?=\r\n\r\nbody\r\n")

    def ask(conn: Connection) -> list[bool]:
        fresh, folded = Reading(conn, message_id), Reading(conn, message_id).text
        asked = (("x-last", ""), ("x-last", fold("fin été")), ("x", "y"), ("x", "fin"), ("last", ""))
        return [each.has_header_text(*words) for each in (fresh, folded) for words in asked]

    assert store.read(ask).result() == [True, True, True, False, False] * 2


def test_the_text_of_a_boundless_header_is_never_kept_and_has_the_trigrams_of_every_field(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "MAX_KEPT", 20)
    message_id = _append(store, b"A: 12345678901234567890\r\nX-Far :\r\nX-Last:Fin\r\n e\r\n\r\nbody\r\n")

    def ask(conn: Connection) -> tuple[bytes, bool, bool]:
        reading = Reading(conn, message_id)
        return reading.text.whole, reading.has_header_text("x-last", "fin e"), reading.has_any_text("fin e")

    whole, *found = store.read(ask).result()
    assert found == [True, True]
    assert len(whole) > 20
    assert b"x-far: " in whole
    assert b"x-last: fin e" in whole


@pytest.mark.parametrize("field", ["a:b", "a\nb", "x y", "(", "é"])
def test_what_is_no_name_of_a_field_is_not_found(store: Store, field: str) -> None:
    message_id = _append(store, b"A:b: c\r\nb: c\r\n: c\r\nx y: c\r\nc\r\n\r\nbody\r\n")
    assert store.read(lambda conn: Reading(conn, message_id).has_header_text(field, "c")).result() is False
