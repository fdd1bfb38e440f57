"""``mssmail lab up|info|watch|thunderbird|down``: the life of a lab, and what it looks like."""

import asyncio
from pathlib import Path

import click

from mssmail.cli.lab_folder import dir_option
from mssmail.cli.output import json_option, print_json, print_table
from mssmail.cli.signals import end_on_signals
from mssmail.lab.layout import describe_lab
from mssmail.lab.watch import show_mail
from mssmail.lab.world import DEFAULT_PORT_BASE, bring_down, bring_up, describe_thunderbird, find_lab, is_up


@click.command()
@dir_option
@click.option("--port-base", type=click.IntRange(1024, 65_000), help=f"First port; {DEFAULT_PORT_BASE} for a new lab.")
@click.option("--detach", is_flag=True, help="Return once everything answers, and leave it running.")
def up(folder: Path, port_base: int | None, *, detach: bool) -> None:
    """Build the lab if need be and start it.

    Example: mssmail lab up --dir /tmp/lab --port-base 30000 --detach
    """
    end_on_signals()
    world = bring_up(folder, port_base, lambda line: click.echo(f"lab: {line}"))
    click.echo(f"lab: up; mssmail lab info --dir {folder} tells accounts and ports")
    if not detach:
        click.echo("lab: mail as it passes; Ctrl-C stops the lab")
        try:
            asyncio.run(show_mail(world, click.echo))
        finally:
            bring_down(world)
            click.echo("lab: down")


@click.command()
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
    ports = ("smtp", "submission", "submissions", "imap", "imaps", "http", "setup")
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


@click.command()
@dir_option
def down(folder: Path) -> None:
    """Stop the lab; its folder stays.

    Example: mssmail lab down --dir /tmp/lab
    """
    click.echo(f"lab: {bring_down(find_lab(folder))} processes stopped")


@click.command()
@dir_option
def thunderbird(folder: Path) -> None:
    """How to read the lab's mail in Thunderbird.

    Example: mssmail lab thunderbird --dir /tmp/lab
    """
    click.echo(describe_thunderbird(find_lab(folder)))


@click.command()
@dir_option
def watch(folder: Path) -> None:
    """Show mail as it passes, until Ctrl-C.

    Example: mssmail lab watch --dir /tmp/lab
    """
    asyncio.run(show_mail(find_lab(folder), click.echo))
