"""LOINC codes carry a check digit: a slip of the pen shows."""

import pytest

from mssmail.core.loinc import NEUTRAL_CODES


@pytest.mark.parametrize("code", NEUTRAL_CODES)
def test_every_code_has_its_mod_10_check_digit(code: str) -> None:
    number, _, check = code.partition("-")
    doubled = int("".join(reversed(number))[::2][::-1]) * 2
    others = "".join(reversed(number))[1::2][::-1]
    total = sum(int(digit) for digit in f"{others}{doubled}")
    assert (10 - total % 10) % 10 == int(check)
