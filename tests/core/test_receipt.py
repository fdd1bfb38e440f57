"""The codes of the integration guide are words too, and fit a field of ASCII."""

import pytest

from mssmail.core.receipt import FilingError


@pytest.mark.parametrize("error", FilingError)
def test_every_code_has_a_label_that_fits_a_header_field(error: FilingError) -> None:
    assert error.label.isascii()
    assert error.label.isprintable()


def test_the_codes_are_those_of_the_guide() -> None:
    assert [error.value for error in FilingError] == [900, 901, 902, 903, 904, 905, 906]
