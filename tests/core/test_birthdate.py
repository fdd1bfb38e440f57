from datetime import date

import pytest

from mssmail.core.birthdate import parse_birthdate, spell_birthdate

BORN = date(1979, 3, 15)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("19790315", BORN),
        (" 19790315120000+0100 ", BORN),
        ("1979-3-15", BORN),
        ("15/03/1979", BORN),
        ("15.3.1979", BORN),
        ("15-03-1979", BORN),
        ("15/03/79", BORN),
        ("15/03/26", date(2026, 3, 15)),
        ("15/03/27", date(1927, 3, 15)),
        ("19790231", None),
        ("1979", None),
        ("00000000", None),
        ("", None),
        ("NKDA", None),
        ("\u0661\u0669790315", None),
    ],
)
def test_days_are_read_as_documents_write_them(text: str, day: date | None) -> None:
    assert parse_birthdate(text, 2026) == day


def test_days_are_spelled_as_people_look_for_them() -> None:
    assert spell_birthdate(BORN) == (
        "19790315",
        "1979-03-15",
        "15/03/1979",
        "15.03.1979",
        "15-03-1979",
        "15 03 1979",
        "15/3/1979",
        "15/03/79",
        "15031979",
        "15 mars 1979",
    )
    assert spell_birthdate(date(2001, 8, 1))[-1] == "1er août 2001"


@pytest.mark.parametrize("day", [BORN, date(1926, 12, 31), date(2026, 1, 1)])
def test_what_is_spelled_is_read_back(day: date) -> None:
    written = [text for text in spell_birthdate(day) if text.count(" ") == 0 and text != f"{day:%d%m%Y}"]
    assert {parse_birthdate(text, 2026) for text in written} <= {day, day.replace(year=day.year + 100)}
    assert len(written) > 5
