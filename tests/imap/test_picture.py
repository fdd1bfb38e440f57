"""What contradicts what was told before is seen, whoever listens."""

import pytest

from tests.imap.matching import parse_args
from tests.imap.picture import Picture

_BEFORE = ["FLAGS (\\Seen blue)", "3 EXISTS", "1 FETCH (UID 5 FLAGS (blue) MODSEQ (7))", "2 FETCH (UID 6)"]


def _hear(answers: list[str], *commands: str) -> Picture:
    picture = Picture()
    for answer in _BEFORE:
        picture.hear(parse_args(answer), [])
    for answer in answers:
        picture.hear(parse_args(answer), commands)
    return picture


def test_what_was_told_is_remembered() -> None:
    picture = _hear(["3 fetch (body[header.fields (uid)] {1}\r\nx uid 9 flags (\\Recent \\seen))", "1 EXPUNGE"], "NOOP")
    assert picture.uids == [6, 9]
    assert picture.flags == {9: {"\\seen"}}
    assert picture.modseqs == {}
    assert _hear(["VANISHED (EARLIER) 1:4", "VANISHED 5:6"], "NOOP").uids == [0]
    assert _hear(["OK [CLOSED] bye", "2 EXISTS"], "SELECT x").uids == [0, 0]


@pytest.mark.parametrize(
    ("answer", "commands"),
    [
        ("2 EXISTS", ["NOOP"]),
        ("4 EXPUNGE", ["NOOP"]),
        ("0 EXPUNGE", ["NOOP"]),
        ("1 EXPUNGE", ["fetch 1 uid"]),
        ("1 EXPUNGE", ["SEARCH all", "SORT (date) utf-8 all"]),
        ("4 FETCH (UID 9)", ["NOOP"]),
        ("1 FETCH (UID 4)", ["NOOP"]),
        ("3 FETCH (UID 6)", ["NOOP"]),
        ("1 FETCH (FLAGS (red))", ["NOOP"]),
        ("1 FETCH (MODSEQ (6))", ["NOOP"]),
        ("FLAGS (\\Seen)", ["NOOP"]),
    ],
)
def test_what_cannot_be_is_a_fault(answer: str, commands: list[str]) -> None:
    with pytest.raises(AssertionError):
        _hear([answer], *commands)


@pytest.mark.parametrize("commands", [["UID FETCH 1 flags"], ["SEARCH all", "NOOP"], []])
def test_a_message_may_go_while_something_else_is_asked(commands: list[str]) -> None:
    assert _hear(["1 EXPUNGE"], *commands).uids == [6, 0]
