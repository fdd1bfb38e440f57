"""Frames keep their invariant; limits follow the largest message."""

import pytest

from mssmail.imap.wire.frames import BEFORE_LOGIN, Frame, Literal, build_limits


def test_a_frame_has_one_place_for_each_literal() -> None:
    assert Frame(b"A1 LOGIN \n \n", (Literal(b"a"), Literal(b"b"))).literals[1] == Literal(b"b")
    with pytest.raises(ValueError, match="one place"):
        Frame(b"A1 LOGIN \n", ())


def test_the_limits_let_the_largest_message_in_and_little_more() -> None:
    limits = build_limits(50)
    assert limits.literal == 50
    assert limits.command - limits.line == 50
    assert limits.discard > limits.command


def test_less_is_taken_before_signing_in_than_after() -> None:
    after = build_limits(10_000_000)
    assert BEFORE_LOGIN.line < after.line
    assert BEFORE_LOGIN.literal < after.literal
    assert BEFORE_LOGIN.command < after.command
    assert BEFORE_LOGIN.literals < after.literals
