"""``mssmail dns``: the records a domain needs, and whether they are published."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from mssmail.app.client_setup import find_client_setup
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.address import normalise_domain
from mssmail.core.client_setup import DnsRecord, list_records
from mssmail.core.endpoint import parse_endpoint
from mssmail.delivery.published import Publication, PublicationCheck
from mssmail.errors import BadSyntax


@click.command()
@click.argument("domain")
@config_option
@click.option("--check/--no-check", default=True, show_default=True, help="Ask DNS what is published.")
@click.option("--server", default="", help="Ask this DNS server (address:port) instead of the system's.")
@json_option
def dns(domain: str, config: Path, server: str, *, check: bool, as_json: bool) -> None:
    """Print the DNS records of DOMAIN as a zone file writes them, and say which are published.

    MX is for other operators; SRV (RFC 6186, RFC 8314) and autoconfig let mail programs set themselves up.

    Exit 1 when one is missing. Example: mssmail dns chu-nord.test
    """
    settings = read_config(config)
    try:
        name = normalise_domain(domain)
        resolver = PublicationCheck(parse_endpoint(server) if server else None)
    except BadSyntax as error:
        raise click.UsageError(str(error)) from error
    if settings.find_domain(name) is None:
        raise click.ClickException(f"{name} is not a domain of {config}")
    records = list_records(name, settings.server.name, find_client_setup(settings))
    found = asyncio.run(_look_up(resolver, records)) if check else [None] * len(records)
    if as_json:
        print_json([_show(record, publication) for record, publication in zip(records, found, strict=True)])
    else:
        rows = [(str(record), _describe(publication)) for record, publication in zip(records, found, strict=True)]
        print_table(("record", "published") if check else ("record", ""), rows)
    if check and not all(publication is not None and publication.is_published for publication in found):
        raise SystemExit(1)


async def _look_up(resolver: PublicationCheck, records: Sequence[DnsRecord]) -> list[Publication | None]:
    return list(await asyncio.gather(*(resolver.look_up(record) for record in records)))


def _describe(publication: Publication | None) -> Text:
    if publication is None:
        return Text("")
    if publication.is_published:
        return Text("yes", style="green")
    return Text(f"no, but {', '.join(publication.found)}" if publication.found else "no", style="red")


def _show(record: DnsRecord, publication: Publication | None) -> dict[str, object]:
    shown: dict[str, object] = {"name": record.name, "type": record.type, "value": record.value}
    if publication is not None:
        shown |= {"published": publication.is_published, "found": publication.found}
    return shown
