"""What is printed can be read by people and cannot fool a terminal."""

import json

import pytest

from mssmail.cli.output import print_json, print_table


def test_cells_are_text_and_never_markup_or_control(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("[bold]x[/bold]",), ("\x1b[31mred",)])
    shown = capsys.readouterr().out
    assert "[bold]x[/bold]" in shown
    assert "\x1b" not in shown


def test_json_keeps_accents_and_writes_the_rest_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Élodie", "path": __file__})
    shown = capsys.readouterr().out
    assert "Élodie" in shown
    assert json.loads(shown)["path"] == __file__
