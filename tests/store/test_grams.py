"""Trigrams: what they say is never wrong, and they say much."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from mssmail.mime.text import fold
from mssmail.store import grams as g
from mssmail.store.engine import Store
from mssmail.store.schema import gram_blocks, grams

TEXTS = {120: "the quick brown fox", 121: "jumps over", 122: "the lazy dog", 179: "quick and dirty"}  # of block 2


def _encode(text: str) -> set[int] | None:
    return g.list_grams(text.encode())


def _keep(store: Store, block: int, texts: Mapping[int, str]) -> None:
    packed = g.pack_block({each: _encode(text) for each, text in texts.items()})
    store.submit(lambda conn: g.keep_block(conn, block, packed)).result()


def _find(store: Store, key: str, ids: Mapping[int, str] = TEXTS) -> list[int]:
    def ask(conn: Connection) -> list[int]:
        index = g.GramIndex(conn)
        return [each for each in ids if index.may_hold(each, g.find_clue(key))]

    return store.read(ask).result()


@given(st.text(max_size=60), st.data())
def test_whatever_stands_in_a_text_has_its_grams_there(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded)))
    end = data.draw(st.integers(start, len(folded)))
    found = g.list_grams(folded.encode("utf-8", "surrogatepass"))
    assert found is not None
    assert set(g.choose_grams(folded[start:end])) <= found


@given(st.text(min_size=3, max_size=40), st.data())
def test_whatever_short_stands_in_a_text_is_found_inside_its_grams(text: str, data: st.DataObject) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    start = data.draw(st.integers(0, len(encoded) - 1))
    part = encoded[start : start + data.draw(st.integers(1, 2))]
    packed = g.pack_block({7: g.list_grams(encoded), 8: set()})
    assert g._find_holders((octets for _, octets in packed.buckets), part, packed.present) == 1 << 7


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("ab", 0), ("abc", 1), ("aaaa", 1), ("abcd", 2), ("é", 0), ("éé", 2)]
)
def test_a_gram_is_three_octets(text: str, count: int) -> None:
    assert len(_encode(text) or ()) == count


def test_grams_across_the_borders_of_pieces_are_found() -> None:
    text = b"x" * (g._CHUNK - 1) + b"abcd" + b"x" * g._CHUNK
    found = g.list_grams(text)
    assert found is not None
    assert set(g.choose_grams("xabcdx")) <= found


def test_a_text_of_too_many_grams_is_not_told_apart() -> None:
    text = b"".join(number.to_bytes(3, "big") for number in range(2 * g.MAX_GRAMS))
    assert g.list_grams(text) is None


def test_a_long_key_asks_no_more_than_tells_something() -> None:
    assert len(g.choose_grams("abcdefghijklmnopqrstuvwxyz")) == g.MAX_ASKED
    assert len(g.choose_grams("abcdefghij")) == 8
    assert g.choose_grams("ab") == ()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("quick", [120, 179]),
        ("the ", [120, 122]),
        ("k bro", [120]),  # across words
        ("nothing", []),
        ("zzz", []),
        ("", list(TEXTS)),
        ("ck", [120, 179]),  # too short for a gram: looked for inside them
        ("er", [121]),  # at the end of a text
        ("la", [122]),
        ("ox", [120]),
        ("z", [122]),
        ("b", [120]),
        ("qq", []),
        ("é", []),
    ],
)
def test_leaves_out_what_certainly_does_not_match(store: Store, key: str, expected: list[int]) -> None:
    _keep(store, 2, TEXTS)
    assert _find(store, key) == expected


def test_what_is_not_indexed_may_hold_anything(store: Store) -> None:
    _keep(store, 2, TEXTS)
    assert _find(store, "nothing", {119: "", 120: "", 123: "", 180: ""}) == [119, 123, 180]


def test_a_message_that_is_not_told_apart_may_hold_anything(store: Store) -> None:
    packed = g.pack_block({120: None, 121: _encode("abc")})
    store.submit(lambda conn: g.keep_block(conn, 2, packed)).result()
    assert _find(store, "nothing", {120: "", 121: ""}) == [120]


def _count(conn: Connection) -> tuple[int, int]:
    blocks, buckets = (
        conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (gram_blocks, grams)
    )
    return blocks, buckets


def test_a_block_may_be_written_again(store: Store) -> None:
    _keep(store, 2, TEXTS)
    _keep(store, 2, {120: "other words"})
    assert _find(store, "quick") == [121, 122, 179]  # no longer told apart
    assert _find(store, "words") == [120, 121, 122, 179]
    store.submit(lambda conn: g.drop_block(conn, 2)).result()
    assert store.read(_count).result() == (0, 0)


def test_what_has_gone_is_pruned(store: Store) -> None:
    _keep(store, 2, TEXTS)
    store.submit(lambda conn: g.prune_block(conn, 2, 1 << 0 | 1 << 59)).result()
    assert _find(store, "quick") == [120, 121, 122, 179]
    assert _find(store, "lazy", {120: "", 179: ""}) == []

    def look(conn: Connection) -> bool:
        return any(bits & ~(1 << 0 | 1 << 59) for _, bits in g._read_block(conn, 2))

    assert not store.read(look).result()
    store.submit(lambda conn: g.prune_block(conn, 2, 1 << 5)).result()
    assert store.read(_count).result() == (0, 0)
    store.submit(lambda conn: g.prune_block(conn, 7, 0)).result()
    assert store.read(_count).result() == (0, 0)
