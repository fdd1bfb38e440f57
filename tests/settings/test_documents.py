"""Marks are shown without an add-on, and never green."""

from dataclasses import fields

from mssmail.settings import Marking


def test_red_is_the_label_that_thunderbird_shows_red_and_no_mark_is_the_green_one() -> None:
    usual = Marking("*")
    assert "$label1" in usual.critical
    assert "$label1" in usual.abnormal
    assert all("$label3" not in getattr(usual, field.name) for field in fields(usual))
