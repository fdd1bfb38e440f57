"""``mssmail account forward``: mail that goes on to others."""

from collections.abc import Sequence
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_many, parse_one, require_members, require_targets
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.store import forwards
from mssmail.store.engine import Connection


@click.group()
def forward() -> None:
    """Send an account's mail on, inside the trust space only.

    Example: mssmail account forward set marie.martin@chu-nord.test paul.durand@chu-sud.test
    """


@forward.command("set")
@click.argument("address", callback=parse_one)
@click.argument("targets", nargs=-1, required=True, callback=parse_many)
@config_option
@click.option("--copy/--no-copy", "keeps", default=True, show_default=True, help="Keep a copy in the account's box.")
def set_forward(address: Address, targets: Sequence[Address], config: Path, *, keeps: bool) -> None:
    """Send the mail of ADDRESS on to TARGETS, instead of what was said before.

    Example: mssmail account forward set marie.martin@chu-nord.test paul.durand@chu-sud.test --no-copy
    """
    settings, now = read_config(config), read_clock()
    require_members(settings, targets)

    def work(conn: Connection) -> None:
        require_targets(conn, settings, targets)
        forwards.set_forward(conn, address, targets, now, keeps=keeps)

    facts = {"account": str(address), "targets": [str(each) for each in targets], "keeps": keeps}
    change_store(settings, "account forward set", work, **facts)
    copy = "and is kept" if keeps else "and is not kept"
    click.echo(f"Mail for {address} goes on to {', '.join(map(str, targets))} {copy}.")


@forward.command()
@click.argument("address", callback=parse_one)
@config_option
def clear(address: Address, config: Path) -> None:
    """Keep the mail of ADDRESS in its box again.

    Example: mssmail account forward clear marie.martin@chu-nord.test
    """
    done = change_store(
        read_config(config),
        "account forward clear",
        lambda conn: forwards.clear_forward(conn, address),
        account=str(address),
    )
    if not done:
        raise click.ClickException(f"mail for {address} goes on to nobody")
    click.echo(f"Mail for {address} stays in its box.")


@forward.command("list")
@config_option
@json_option
def list_forwards(config: Path, *, as_json: bool) -> None:
    """List accounts whose mail goes on.

    Example: mssmail account forward list
    """
    found = ask_store(read_config(config), forwards.list_forwards)
    if as_json:
        print_json(
            [
                {"account": str(each.account), "targets": [str(to) for to in each.targets], "keeps": each.keeps}
                for each in found
            ]
        )
        return
    rows = [(each.account, ", ".join(map(str, each.targets)), "yes" if each.keeps else "no") for each in found]
    print_table(("account", "goes on to", "keeps a copy"), rows)
