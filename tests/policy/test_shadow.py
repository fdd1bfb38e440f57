"""Rules in shadow never change an answer, and say what they would."""

import re
from pathlib import Path

import pytest

from mssmail.core.decision import Accept, Decision, refuse
from mssmail.policy.shadow import SHADOWABLE, Settled, find_strangers, settle

YES = Accept("fine")
UNSIGNED = refuse("unsigned", 550, "5.7.1", "Message must be signed")
UNTRUSTED = refuse("untrusted", 550, "5.7.1", "Not trusted")
STALE = refuse("white-list-stale", 451, "4.7.5", "Not up to date")


@pytest.mark.parametrize(
    ("series", "shadow", "settled"),
    [
        ([None, YES], set(), Settled(YES)),
        ([None, UNSIGNED, YES], set(), Settled(UNSIGNED)),
        ([UNSIGNED, YES], {"unsigned"}, Settled(YES, (UNSIGNED,))),
        ([UNSIGNED, UNTRUSTED, YES], {"unsigned"}, Settled(UNTRUSTED, (UNSIGNED,))),
        ([UNSIGNED, UNTRUSTED, YES], {"unsigned", "untrusted"}, Settled(YES, (UNSIGNED, UNTRUSTED))),
        ([STALE, YES], {"white-list-stale"}, Settled(STALE)),  # never "accept all"
    ],
)
def test_the_first_that_counts(series: list[Decision | None], shadow: set[str], settled: Settled) -> None:
    assert settle(series, frozenset(shadow)) == settled


def test_a_series_without_an_end_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ends in one that counts"):
        settle([UNSIGNED], frozenset({"unsigned"}))


def test_names_that_are_no_rule_are_found() -> None:
    assert find_strangers(("unsigned", "unsinged", "white-list-stale")) == ("unsinged", "white-list-stale")


def test_every_rule_that_can_be_in_shadow_stands_in_the_room() -> None:
    room = Path(__file__).parents[2] / "mssmail" / "policy"
    texts = "".join(path.read_text() for path in room.glob("*.py") if path.stem != "shadow")
    said = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', texts))
    oddities = set(re.findall(r'= "([a-z-]+)"', (room.parent / "core" / "appearance.py").read_text()))
    assert not SHADOWABLE - said - oddities
