"""The size announced: facts → answer."""

import pytest

from mssmail.core.decision import Accept, refuse
from mssmail.policy.size import judge_size

TOO_BIG = refuse("too-big", 552, "5.3.4", "Message too big: 10 octets are taken")


@pytest.mark.parametrize(
    ("announced", "answer"), [(None, Accept("size")), (0, Accept("size")), (10, Accept("size")), (11, TOO_BIG)]
)
def test_the_limit_itself_is_taken(announced: int | None, answer: object) -> None:
    assert judge_size(announced, 10) == answer
