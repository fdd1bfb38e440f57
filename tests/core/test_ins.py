"""The key of the national health identity, on the mainland and in Corsica."""

import pytest

from mssmail.core.ins import is_right_ins


def _key(text: str) -> str:
    """Another way to the same: Corsica's letters count as nothing, and a million or two are taken away."""
    less = {"A": 1_000_000, "B": 2_000_000}.get(text[6], 0)
    return f"{97 - (int(text.replace('A', '0').replace('B', '0')) - less) % 97:02}"


@pytest.mark.parametrize("text", ["2790335121518", "179032A215189", "279032B215189", "1000000000000", "8991299999999"])
def test_the_right_key_and_no_other(text: str) -> None:
    right = _key(text)
    assert is_right_ins(text + right)
    assert not is_right_ins(text + f"{(int(right) + 1) % 100:02}")


def test_the_matricule_of_the_guide() -> None:
    assert is_right_ins("279035121518989")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "27903512151898",
        "2790351215189890",
        "279035121518900",
        "2790351215189 9",
        "٢79035121518989",
        "279032a21518900",
        "279032C21518900",
        "2A9035121518989",
        "279035121518989\n",
    ],
)
def test_what_has_not_the_shape_has_no_key(text: str) -> None:
    assert not is_right_ins(text)


def test_the_letters_of_corsica_stand_for_a_department_only() -> None:
    assert is_right_ins("179032A215189" + _key("179032A215189"))
    assert not is_right_ins("17903192151" + "8900")
