"""``mssmail list members``: who is on a list."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_many, parse_one, require_members
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.errors import BadAccount, BadSyntax, NoSuchAccount
from mssmail.settings import Settings
from mssmail.store import lists
from mssmail.store.engine import Connection

_PAGE = 500  # members written in one transaction: a running server waits for none of them long


@click.group()
def members() -> None:
    """Members of a list, from any domain of the trust space.

    Example: mssmail list members import alertes@chu-nord.test members.txt
    """


@members.command()
@click.argument("address", callback=parse_one)
@click.argument("who", nargs=-1, required=True, callback=parse_many)
@config_option
def add(address: Address, who: Sequence[Address], config: Path) -> None:
    """Put WHO on the list.

    Example: mssmail list members add alertes@chu-nord.test paul.durand@chu-sud.test
    """
    settings = read_config(config)
    require_members(settings, who)
    click.echo(f"{_add_all(settings, address, who)} new members of {address}.")


@members.command("import")
@click.argument("address", callback=parse_one)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
def import_members(address: Address, file: Path, config: Path) -> None:
    """Put everybody in FILE on the list: one address a line, UTF-8; empty lines and # are passed over.

    All lines are checked first; a wrong one is named and nothing is changed.

    Example: mssmail list members import alertes@chu-nord.test members.txt
    """
    settings = read_config(config)
    who = _read_addresses(file)
    require_members(settings, who)
    click.echo(f"{_add_all(settings, address, who)} new members of {address}; {len(who)} addresses in {file.name}.")


@members.command()
@click.argument("address", callback=parse_one)
@click.argument("who", nargs=-1, required=True, callback=parse_many)
@config_option
def remove(address: Address, who: Sequence[Address], config: Path) -> None:
    """Take WHO off the list.

    Example: mssmail list members remove alertes@chu-nord.test paul.durand@chu-sud.test
    """

    def work(conn: Connection) -> int:
        return lists.remove_members(conn, lists.require_list(conn, address).id, who)

    facts = {"list": str(address), "members": [str(each) for each in who]}
    gone = change_store(read_config(config), "list members remove", work, **facts)
    click.echo(f"{gone} members fewer on {address}.")


@members.command()
@click.argument("address", callback=parse_one)
@click.argument("who", callback=parse_one)
@config_option
def resume(address: Address, who: Address, config: Path) -> None:
    """Let a member that was stopped for too many bounces get mail again.

    Example: mssmail list members resume alertes@chu-nord.test paul.durand@chu-sud.test
    """

    def work(conn: Connection) -> bool:
        return lists.resume_member(conn, lists.require_list(conn, address).id, who)

    if not change_store(read_config(config), "list members resume", work, list=str(address), member=str(who)):
        raise NoSuchAccount(f"{who} is not on {address}")
    click.echo(f"{who} gets the mail of {address} again.")


@members.command("list")
@click.argument("address", callback=parse_one)
@config_option
@click.option("--stopped", is_flag=True, help="Only those whose mail came back too often.")
@json_option
def list_members(address: Address, config: Path, *, stopped: bool, as_json: bool) -> None:
    """List the members, how often their mail came back, and since when they get none.

    Example: mssmail list members list alertes@chu-nord.test --stopped
    """

    def ask(conn: Connection) -> list[lists.Member]:
        list_id = lists.require_list(conn, address).id
        found: list[lists.Member] = []
        while page := lists.page_members(conn, list_id, found[-1].address.key if found else ""):
            found += page
        return [each for each in found if each.stopped_at is not None or not stopped]

    found = ask_store(read_config(config), ask)
    if as_json:
        print_json(
            [
                {
                    "address": str(each.address),
                    "bounces": each.bounces,
                    "stopped_at": each.stopped_at and each.stopped_at.isoformat(timespec="seconds"),
                }
                for each in found
            ]
        )
        return
    print_table(("member", "bounces", "stopped"), [(each.address, each.bounces, each.stopped_at) for each in found])


def _add_all(settings: Settings, address: Address, who: Sequence[Address]) -> int:
    """Page by page, each journaled; how many are new."""
    now, added = read_clock(), 0
    for start in range(0, len(who), _PAGE):
        page = who[start : start + _PAGE]

        def work(conn: Connection, page: Sequence[Address] = page) -> int:
            return lists.add_members(conn, lists.require_list(conn, address).id, page, now)

        added += change_store(settings, "list members add", work, list=str(address), count=len(page))
    return added


def _read_addresses(file: Path) -> list[Address]:
    return list({each.key: each for each in _parse_lines(file)}.values())


def _parse_lines(file: Path) -> Iterator[Address]:
    for number, line in enumerate(file.read_text("utf-8-sig").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            yield parse_address(text)
        except BadSyntax as fault:
            raise BadAccount(f"{file}:{number}: {fault}") from fault
