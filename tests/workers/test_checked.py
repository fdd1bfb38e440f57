"""Values of JSON are what they should be, or are refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mssmail.workers.checked import require_bool, require_list, require_moment, require_text, require_texts

VALUES: list[object] = [None, True, 0, 1.5, "text", [], ["a"], [1], {}]


@pytest.mark.parametrize(
    ("require", "fits"),
    [
        (require_text, [4]),
        (require_bool, [1]),
        (require_list, [5, 6, 7]),
        (require_texts, [5, 6]),
    ],
)
def test_a_value_is_of_its_kind_or_refused(require: Callable[[object], object], fits: list[int]) -> None:
    for number, value in enumerate(VALUES):
        if number in fits:
            assert require(value) == value
        else:
            with pytest.raises(TypeError):
                require(value)


def test_a_moment_has_its_zone() -> None:
    assert require_moment("2026-11-22T06:00:00+00:00") == datetime(2026, 11, 22, 6, tzinfo=UTC)
    for wrong in ("2026-11-22T06:00:00", "noon"):
        with pytest.raises(ValueError, match=r"zone|isoformat"):
            require_moment(wrong)
    with pytest.raises(TypeError):
        require_moment(5)
