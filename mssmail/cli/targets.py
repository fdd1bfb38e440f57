"""Addresses given to commands: where mail may be led by aliases, forwarding and lists."""

from collections.abc import Iterable

import click

from mssmail.app.explanation import load_known_trust
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.errors import BadAccount, NoSuchAccount
from mssmail.flows.distribution import Distributor
from mssmail.settings import Settings
from mssmail.store.engine import Connection


def parse_one(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Address | None:
    """For options and arguments: one address."""
    return None if value is None else parse_address(value)


def parse_many(_context: click.Context, _parameter: click.Parameter, value: Iterable[str]) -> tuple[Address, ...]:
    """For options and arguments: any number of addresses."""
    return tuple(map(parse_address, value))


def require_own(settings: Settings, address: Address) -> None:
    """The address is in a domain of ours; raises BadAccount."""
    if settings.find_domain(address.domain) is None:
        raise BadAccount(f"{address.domain} is not a [[domain]] of ours")


def require_members(settings: Settings, targets: Iterable[Address]) -> None:
    """Every foreign domain is on the white list we hold; raises BadAccount. Without a list nothing can be said yet."""
    foreign = sorted({each.domain for each in targets if settings.find_domain(each.domain) is None})
    if not foreign:
        return
    white_list = load_known_trust(settings, read_clock()).white_list
    outside = [domain for domain in foreign if white_list is not None and not white_list.has_domain(domain)]
    if outside:
        raise BadAccount(f"mail must not leave the trust space: not on the white list: {', '.join(outside)}")
    if white_list is None:
        click.echo(f"note: there is no white list yet to look up {', '.join(foreign)}", err=True)


def require_targets(conn: Connection, settings: Settings, targets: Iterable[Address]) -> None:
    """Every address of ours among them leads somewhere; raises NoSuchAccount."""
    distributor = Distributor(settings)
    for target in targets:
        if distributor.is_own(target.domain) and distributor.find_station(conn, target) is None:
            raise NoSuchAccount(f"nobody takes mail at {target}", address=str(target))
