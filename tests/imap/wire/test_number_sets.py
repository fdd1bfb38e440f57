"""Sequence sets: ranges as written, bounds kept, and no set so long that reading it hurts."""

import time

import pytest

from mssmail.core.mailbox import STAR, SeqSet, UIDSet
from mssmail.errors import BadSyntax
from mssmail.imap.wire.number_sets import parse_known_uids, parse_seq_set, parse_uid_set
from tests.imap.wire.support import build_cursor


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"*", ((STAR, STAR),)),
        (b"2,4:7,9,12:*", ((2, 2), (4, 7), (9, 9), (12, STAR))),
        (b"*:4,5:7", ((STAR, 4), (5, 7))),
        (b"7:5", ((7, 5),)),
        (b"*:*", ((STAR, STAR),)),
        (b"4294967295", ((4294967295, 4294967295),)),
    ],
)
def test_a_set_is_its_ranges_as_written(text: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    assert parse_seq_set(build_cursor(text)) == SeqSet(ranges)
    assert parse_uid_set(build_cursor(text)) == UIDSet(ranges)


@pytest.mark.parametrize(
    "text",
    [b"", b"0", b"01", b"1:0", b"4294967296", b"1,", b",1", b"1,,2", b"1:", b":1", b"1:2:3", b"**", b"1*", b"9" * 99],
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_seq_set(build_cursor(text))


def test_what_follows_a_set_is_left_alone() -> None:
    cursor = build_cursor(b"1:3 x")
    parse_uid_set(cursor)
    assert cursor.is_at(b" x")


def test_a_hundred_thousand_uids_are_read_in_linear_time() -> None:
    text = b",".join(b"%d" % (2 * n) for n in range(1, 100_001))
    started = time.process_time()
    assert len(parse_known_uids(build_cursor(text)).ranges) == 100_000
    assert time.process_time() - started < 5


def test_what_a_long_set_names_again_and_again_is_read_once() -> None:
    assert parse_seq_set(build_cursor(b"1,2," * 250_000 + b"3:*")) == SeqSet(((1, 1), (2, 2), (3, STAR)))
