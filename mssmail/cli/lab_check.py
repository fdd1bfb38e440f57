"""``mssmail lab check``: a stranger plays every case against the running lab."""

import sys
from pathlib import Path

import click
from rich.console import Console

from mssmail.cli.lab_folder import dir_option
from mssmail.cli.output import json_option, print_json
from mssmail.lab.check.audit_cases import AUDIT_SUITE
from mssmail.lab.check.cases import MAIN_SUITE
from mssmail.lab.check.document_cases import DOCUMENT_SUITE
from mssmail.lab.check.filing_cases import FILING_SUITE
from mssmail.lab.check.report import build_table, describe_outcomes, run_suite
from mssmail.lab.check.sending_cases import SENDING_SUITE
from mssmail.lab.world import find_lab, is_up

SUITES = {
    "main": MAIN_SUITE,
    "audit": AUDIT_SUITE,
    "documents": DOCUMENT_SUITE + FILING_SUITE,
    "sending": SENDING_SUITE,
}


@click.command()
@dir_option
@click.option("--suite", type=click.Choice(tuple(SUITES)), default="main", show_default=True, help="What is tried.")
@json_option
def check(folder: Path, suite: str, as_json: bool) -> int:
    """Play a stranger against the running lab; exit 1 when anything is not as it should be.

    The suite "audit" plays the eight peers a French operator is audited with, in both directions.

    Example: mssmail lab check --dir /tmp/lab --suite audit
    """
    world = find_lab(folder)
    if not is_up(world):
        raise click.ClickException(f"the lab is not up: mssmail lab up --dir {folder} --detach")
    outcomes = run_suite(world, SUITES[suite], Console(stderr=True))
    if as_json:
        print_json(describe_outcomes(outcomes))
    else:
        Console(width=None if sys.stdout.isatty() else 180).print(build_table(outcomes))
    differing = sum(outcome.verdict == "DIFFERS" for outcome in outcomes)
    skipped = sum(outcome.verdict == "skipped" for outcome in outcomes)
    click.echo(f"{len(outcomes) - differing - skipped} as expected, {differing} differ, {skipped} skipped", err=as_json)
    return 1 if differing else 0
