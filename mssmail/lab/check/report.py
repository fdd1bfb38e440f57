"""Plays a suite and prints its table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mssmail.lab.check.case import Case, Outcome, play_case
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab

_STYLES = {"ok": "green", "DIFFERS": "bold red", "skipped": "yellow"}


def run_suite(lab: Lab, suite: Sequence[Case], console: Console) -> list[Outcome]:
    """The outcomes, in order; what is being tried stands on the terminal meanwhile."""
    stage = Stage(lab)
    outcomes: list[Outcome] = []
    with console.status("checking") as status:
        for case in suite:
            status.update(f"checking: {case.name}")
            outcomes.append(play_case(case, stage))
    return outcomes


def build_table(outcomes: Sequence[Outcome]) -> Table:
    """case, expected, got, verdict."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("case", "expected", "got", "verdict"):
        table.add_column(name, overflow="fold")
    for outcome in outcomes:
        style = _STYLES[outcome.verdict]
        table.add_row(
            Text(outcome.case.name), Text(outcome.case.expected), Text(outcome.got), Text(outcome.verdict, style)
        )
    return table


def describe_outcomes(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """For ``--json``."""
    return [
        {"case": each.case.name, "expected": each.case.expected, "got": each.got, "verdict": each.verdict}
        for each in outcomes
    ]
