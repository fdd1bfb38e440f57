"""The check's table says what was expected and what came."""

import io

from rich.console import Console

from mssmail.lab.check.case import Case, Outcome
from mssmail.lab.check.report import build_table, describe_outcomes, run_suite
from mssmail.lab.layout import Lab


def test_outcomes_become_rows_and_objects() -> None:
    suite = [Case("first", "250", lambda _stage: "250 ok"), Case("[second]", "550", lambda _stage: "250 ok")]
    screen = io.StringIO()
    outcomes = run_suite(Lab("/nowhere", 1), suite, Console(file=screen))
    Console(file=screen, width=100).print(build_table(outcomes))
    assert "[second]" in screen.getvalue()
    assert "DIFFERS" in screen.getvalue()
    assert describe_outcomes(outcomes)[0] == {"case": "first", "expected": "250", "got": "250 ok", "verdict": "ok"}
    assert isinstance(outcomes[1], Outcome)
