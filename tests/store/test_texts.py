"""Texts as they are kept: three stretches that do not run into each other."""

import pytest
from sqlalchemy import Connection

from mssmail.store.engine import Store
from mssmail.store.texts import (
    MAX_KEPT,
    FoldedText,
    compress_text,
    encode_folded,
    find_text,
    is_text,
    join_text,
    keep_text,
)
from tests.support.store import add_account, build_message, deliver_to

TEXT = join_text(["from: a", "subject: b\0c", "x: "], "dupont 1970", ["first\0 part", "", "second"])


@pytest.mark.parametrize(
    ("field", "folded", "expected"),
    [("from", "a", True), ("subject", "bc", True), ("subject", "a", False), ("x", "", True), ("y", "", False)],
)
def test_fields_are_searched_one_by_one(field: str, folded: str, expected: bool) -> None:
    assert TEXT.has_header_text(field, folded) is expected


@pytest.mark.parametrize(
    ("folded", "in_body", "anywhere"),
    [
        ("first part", True, True),
        ("second", True, True),
        ("partsecond", False, False),
        ("part second", False, False),
        ("dupont", False, True),
        ("from: a", False, True),
        ("nothing", False, False),
    ],
)
def test_the_body_is_not_the_header(folded: str, in_body: bool, anywhere: bool) -> None:
    assert (TEXT.has_body_text(folded), TEXT.has_any_text(folded)) == (in_body, anywhere)


def test_empty_stretches_stay_apart() -> None:
    assert not join_text([], "", ["x"]).has_header_text("x", "")
    assert join_text([], "", ["x"]).has_body_text("x")
    assert not join_text(["x: y"], "", []).has_body_text("y")
    assert join_text([], "", []).has_any_text("")


def test_a_text_comes_back_as_it_was_kept(store: Store) -> None:
    message_id = deliver_to(store, add_account(store), build_message()).message_id
    odd = FoldedText(encode_folded("a\0\0\0\0é \ud800"))
    store.submit(lambda conn: keep_text(conn, message_id, compress_text(odd.whole))).result()
    assert store.read(lambda conn: find_text(conn, message_id)).result() == odd
    assert store.read(lambda conn: find_text(conn, message_id + 1)).result() is None


def test_a_very_long_text_is_not_kept(store: Store) -> None:
    message_id = deliver_to(store, add_account(store), build_message()).message_id
    assert compress_text(b"x" * (MAX_KEPT + 1)) is None

    def keep(conn: Connection) -> None:
        keep_text(conn, message_id, None)

    store.submit(keep).result()
    assert store.read(lambda conn: find_text(conn, message_id)).result() is None


@pytest.mark.parametrize("damaged", [b"", b"x", compress_text(b"no stretches")])
def test_what_is_no_text_is_known(damaged: bytes) -> None:
    assert not is_text(damaged)
    assert is_text(compress_text(TEXT.whole) or b"")
