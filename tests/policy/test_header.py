"""The size of a header: facts → answer."""

import pytest

from mssmail.core.decision import Accept
from mssmail.policy.header import MAX_HOPS, judge_header


@pytest.mark.parametrize(
    ("octets", "fields", "hops", "answer"),
    [
        (0, 0, 0, "header"),
        (1_000, 10, MAX_HOPS, "header"),
        (1_001, 10, 0, "552 5.3.4 The header is too big: 1000 octets are taken"),
        (1_000, 11, 0, "552 5.3.4 The header is too big: 10 fields are taken"),
        (1_000, 10, MAX_HOPS + 1, "554 5.4.6 Too many hops: the message goes in circles"),
        (1_001, 11, MAX_HOPS + 1, "552 5.3.4 The header is too big: 1000 octets are taken"),
    ],
)
def test_the_limits_themselves_are_taken(octets: int, fields: int, hops: int, answer: str) -> None:
    decision = judge_header(octets, fields, hops, max_octets=1_000, max_fields=10)
    assert (decision.rule if isinstance(decision, Accept) else str(decision.reply)) == answer
