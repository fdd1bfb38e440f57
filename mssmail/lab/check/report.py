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
    """case, expected, got, verdict. What is as expected takes one line; what differs is told in full."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("case", "expected", "got"):
        table.add_column(name, overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for outcome in outcomes:
        cells = (outcome.case.name, outcome.case.expected, outcome.got)
        if outcome.verdict == "ok":
            texts = [Text(cell, overflow="ellipsis", no_wrap=True) for cell in cells]
        else:
            texts = [Text(cell) for cell in cells]
        table.add_row(*texts, Text(outcome.verdict, _STYLES[outcome.verdict]))
    return table


def describe_outcomes(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """For ``--json``."""
    return [
        {"case": each.case.name, "expected": each.case.expected, "got": each.got, "verdict": each.verdict}
        for each in outcomes
    ]
