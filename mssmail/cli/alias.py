"""``mssmail alias``: addresses that lead to others."""

from collections.abc import Sequence
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_many, parse_one, require_members, require_own, require_targets
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.flows.distribution import Distributor
from mssmail.policy.expansion import End
from mssmail.store import aliases
from mssmail.store.engine import Connection


@click.group()
def alias() -> None:
    """Addresses of ours that lead to accounts here and to members of the trust space elsewhere.

    Example: mssmail alias add urgences@chu-nord.test marie.martin@chu-nord.test paul.durand@chu-sud.test
    """


@alias.command()
@click.argument("address", callback=parse_one)
@click.argument("targets", nargs=-1, required=True, callback=parse_many)
@config_option
def add(address: Address, targets: Sequence[Address], config: Path) -> None:
    """Let ADDRESS lead to TARGETS as well; an alias that is not there is made. Circles are refused.

    Example: mssmail alias add m.martin@chu-nord.test marie.martin@chu-nord.test
    """
    settings = read_config(config)
    require_own(settings, address)
    require_members(settings, targets)
    now = read_clock()

    def work(conn: Connection) -> aliases.Alias:
        require_targets(conn, settings, targets)
        return aliases.add_targets(conn, address, targets, now)

    made = change_store(settings, "alias add", work, alias=str(address), targets=[str(each) for each in targets])
    click.echo(f"{address} leads to {', '.join(map(str, made.targets))}.")


@alias.command()
@click.argument("address", callback=parse_one)
@click.argument("targets", nargs=-1, callback=parse_many)
@config_option
def remove(address: Address, targets: Sequence[Address], config: Path) -> None:
    """Remove the alias ADDRESS, or only these TARGETS of it; with the last one it goes.

    Example: mssmail alias remove urgences@chu-nord.test paul.durand@chu-sud.test
    """
    change_store(
        read_config(config),
        "alias remove",
        lambda conn: aliases.remove_alias(conn, address, targets),
        alias=str(address),
        targets=[str(each) for each in targets],
    )
    gone = f"does not lead to {', '.join(map(str, targets))} any more" if targets else "is no alias any more"
    click.echo(f"{address} {gone}.")


@alias.command("list")
@config_option
@click.option("--domain", help="Only this domain.")
@click.option("--to", "target", callback=parse_one, help="Only those that lead straight to this address.")
@json_option
def list_aliases(config: Path, domain: str | None, target: Address | None, *, as_json: bool) -> None:
    """List aliases and where they lead.

    Example: mssmail alias list --to marie.martin@chu-nord.test
    """
    found = ask_store(read_config(config), lambda conn: aliases.list_aliases(conn, domain=domain, target=target))
    if as_json:
        print_json([{"alias": str(each.address), "targets": [str(to) for to in each.targets]} for each in found])
    else:
        print_table(("alias", "leads to"), [(each.address, ", ".join(map(str, each.targets))) for each in found])


@alias.command()
@click.argument("address", callback=parse_one)
@config_option
@json_option
def show(address: Address, config: Path, *, as_json: bool) -> int:
    """Show where mail for ADDRESS ends, through every alias and forwarding. Exit 1 when it ends nowhere.

    Example: mssmail alias show urgences@chu-nord.test
    """
    settings = read_config(config)
    require_own(settings, address)
    found = ask_store(settings, lambda conn: Distributor(settings).expand(conn, address))
    if as_json:
        ends = [
            {"address": str(end.address), "kind": _name_kind(end), "via": [str(each) for each in end.trail]}
            for end in found.ends
        ]
        print_json({"address": str(address), "ends": ends, "dead": [str(each) for each in found.dead]})
    else:
        rows = [(end.address, _name_kind(end), " < ".join(map(str, end.trail))) for end in found.ends]
        print_table(("ends at", "which is", "by"), rows)
        for each in found.dead:
            click.echo(f"{each} takes no mail", err=True)
    return 0 if found.ends else 1


def _name_kind(end: End) -> str:
    return "elsewhere" if end.station is None else "account here"
