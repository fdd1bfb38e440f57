"""Threads as octets."""

import pytest

from mssmail.imap.wire.thread_writer import encode_threads


@pytest.mark.parametrize(
    ("roots", "children", "text"),
    [
        ([], {}, b""),
        ([166, 167], {}, b"(166)(167)"),
        ([2, 3], {3: [6], 6: [4, 44], 4: [23], 44: [7], 7: [96]}, b"(2)(3 6 (4 23)(44 7 96))"),  # RFC 5256 §4
        ([-1], {-1: [3, 5]}, b"((3)(5))"),  # RFC 5256 §4: no message holds them together
        ([-1], {-1: [3, 5], 5: [6, 7]}, b"((3)(5 (6)(7)))"),
        ([174], {174: [175, 176]}, b"(174 (175)(176))"),
    ],
)
def test_writes_what_the_standard_shows(roots: list[int], children: dict[int, list[int]], text: bytes) -> None:
    assert encode_threads(roots, children) == text


def test_messages_are_shown_as_the_client_knows_them_and_dummies_not_at_all() -> None:
    shown = {20: 2, 30: 3, 50: 5, 60: 6}
    assert encode_threads([20, -1], {-1: [30, 50], 50: [60]}, shown.__getitem__) == b"(2)((3)(5 6))"


def test_a_thread_may_be_as_long_as_a_mailbox() -> None:
    count = 50_000
    text = encode_threads([1], {number: [number + 1] for number in range(1, count)})
    assert text == b"(" + b" ".join(b"%d" % number for number in range(1, count + 1)) + b")"
    branches = {number: [number + 1, count + number] for number in range(1, count, 2)}
    assert encode_threads([1], branches).startswith(b"(1 (2)(50001")
