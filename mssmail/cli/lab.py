"""``mssmail lab``: a whole synthetic trust space on this machine."""

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from mssmail.cli.output import json_option, print_json, print_table
from mssmail.cli.signals import wait_for_signal
from mssmail.lab.check.audit_cases import AUDIT_SUITE
from mssmail.lab.check.cases import MAIN_SUITE
from mssmail.lab.check.report import build_table, describe_outcomes, run_suite
from mssmail.lab.layout import describe_lab
from mssmail.lab.services import run_publisher
from mssmail.lab.watch import show_mail
from mssmail.lab.world import DEFAULT_PORT_BASE, bring_down, bring_up, describe_thunderbird, find_lab, is_up
from mssmail.logs import configure_logging
from mssmail.settings import LogFormat

SUITES = {"main": MAIN_SUITE, "audit": AUDIT_SUITE}

dir_option = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lab"),
    show_default=True,
    help="The lab's folder.",
)


@click.group()
def lab() -> None:
    """A CA, a signed white list, two operators and their accounts, all on 127.0.0.1.

    Example: mssmail lab up --detach, then mssmail lab check, then mssmail lab down
    """


@lab.command()
@dir_option
@click.option("--port-base", type=click.IntRange(1024, 65_000), help=f"First port; {DEFAULT_PORT_BASE} for a new lab.")
@click.option("--detach", is_flag=True, help="Return once everything answers, and leave it running.")
def up(folder: Path, port_base: int | None, *, detach: bool) -> None:
    """Build the lab if need be and start it.

    Example: mssmail lab up --dir /tmp/lab --port-base 30000 --detach
    """
    world = bring_up(folder, port_base, lambda line: click.echo(f"lab: {line}"))
    click.echo(f"lab: up; mssmail lab info --dir {folder} tells accounts and ports")
    if not detach:
        try:
            asyncio.run(show_mail(world, click.echo))
        finally:
            bring_down(world)
            click.echo("lab: down")


@lab.command()
@dir_option
@json_option
def info(folder: Path, as_json: bool) -> None:
    """Operators, ports, accounts, passwords and files.

    Example: mssmail lab info --dir /tmp/lab --json
    """
    world = find_lab(folder)
    if as_json:
        print_json({**describe_lab(world), "up": is_up(world)})
        return
    ports = ("smtp", "submission", "submissions", "imap", "imaps", "http")
    rows = [[o.name, ", ".join(o.domains), *(getattr(o.ports, p) for p in ports)] for o in world.operators]
    print_table(("operator", "domains", *ports), rows, "Operators on 127.0.0.1")
    print_table(
        ("address", "password", "operator", "kind", "name"),
        [(a.address, a.password, a.operator, a.kind, a.display_name) for a in world.accounts],
        "Accounts",
    )
    print_table(
        ("scenario", "meaning", "certificate"),
        [(name, each["meaning"], each["cert"]) for name, each in world.scenarios.items()],
        "Certificates to try",
    )
    click.echo(f"CA certificate: {world.ca_file}")
    click.echo(f"white list: {world.white_list_url} ({world.white_list_file})")


@lab.command()
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


@lab.command()
@dir_option
def down(folder: Path) -> None:
    """Stop the lab; its folder stays.

    Example: mssmail lab down --dir /tmp/lab
    """
    click.echo(f"lab: {bring_down(find_lab(folder))} processes stopped")


@lab.command()
@dir_option
def thunderbird(folder: Path) -> None:
    """How to read the lab's mail in Thunderbird.

    Example: mssmail lab thunderbird --dir /tmp/lab
    """
    click.echo(describe_thunderbird(find_lab(folder)))


@lab.command()
@dir_option
def watch(folder: Path) -> None:
    """Show mail as it passes, until Ctrl-C.

    Example: mssmail lab watch --dir /tmp/lab
    """
    asyncio.run(show_mail(find_lab(folder), click.echo))


@lab.command(hidden=True)
@dir_option
def publish(folder: Path) -> None:
    """Serve white list and revocation lists: started by ``lab up``."""
    configure_logging(LogFormat.TEXT, "info")

    async def run() -> None:
        stop = asyncio.Event()
        await asyncio.gather(run_publisher(folder, stop), wait_for_signal(stop))

    asyncio.run(run())
