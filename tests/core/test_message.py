"""Bytes and places in them."""

import hashlib

import pytest

from mssmail.core.message import RawMessage, Span


def test_a_span_cuts_and_counts() -> None:
    assert Span(1, 3).cut(b"abcd") == b"bc"
    assert len(Span(1, 3)) == 2


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1)])
def test_refuses_a_span_that_is_none(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span"):
        Span(start, end)


def test_a_message_is_named_by_its_digest() -> None:
    message = RawMessage(b"abc")
    assert message.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert len(message) == 3
