"""Texts as they are kept: three stretches that do not run into each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from mssmail.store.engine import Store
from mssmail.store.texts import (
    MAX_KEPT,
    FoldedText,
    PackedText,
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
    kept = store.read(lambda conn: find_text(conn, message_id)).result()
    assert kept is not None
    assert kept.text == odd
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


@given(st.integers(0, 3), st.integers(4_060, 4_100), st.data())
def test_a_packed_text_answers_like_the_whole(fields: int, size: int, data: st.DataObject) -> None:
    header = [f"subject: s{number}" for number in range(fields)]
    filler = "x" * size
    whole = join_text(header, "", [filler, "needle", filler])
    if data.draw(st.booleans()):  # a header longer than what is looked at first
        whole = join_text([*header, f"long: {filler}"], "", ["needle"])
    for key in data.draw(st.permutations(["needle", "xn", "s1", "long: x", "nothing"])):
        packed = PackedText(compress_text(whole.whole) or b"")
        assert packed.has_body_text(key) == whole.has_body_text(key), key
        assert packed.has_any_text(key) == whole.has_any_text(key), key
        assert packed.has_header_text("subject", key) == whole.has_header_text("subject", key), key
        assert packed.text == whole


def test_a_word_near_the_beginning_does_not_unpack_the_rest() -> None:
    packed = PackedText(compress_text(join_text(["subject: s"], "", ["needle " + "x" * 100_000]).whole) or b"")
    assert packed.has_body_text("needle")
    assert packed.has_any_text("needle")
    assert packed.octets < 5_000
    assert not packed.has_body_text("nothing")
    assert packed.octets > 100_000
