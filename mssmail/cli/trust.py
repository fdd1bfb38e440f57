"""``mssmail trust``: look at the white list we believe, judge any list, and keep a list of one's own."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from mssmail.cli import explain_trust, trust_diff, trust_list
from mssmail.cli.files import existing_file, read_folder, write_whole
from mssmail.cli.judging import load_anchors
from mssmail.cli.moments import MOMENT
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.address import normalise_domain
from mssmail.core.clock import read_clock
from mssmail.errors import BadWhiteList
from mssmail.flows.last_good import KeptList, LastGood
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry
from mssmail.settings import RevocationMode, Trust
from mssmail.trust.anchors import load_certificates
from mssmail.trust.sign_list import (
    ListEntry,
    read_entries,
)
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from mssmail.trust.whitelist import ListReport, judge_white_list

file_option = click.option("--file", type=existing_file, help="This list instead of the one the server believes.")


@click.group()
def trust() -> None:
    """The white list: which certificates may speak for which domains.

    Example: mssmail trust show chu-nord.test
    """


def _read_list(config: Path, file: Path | None) -> Sequence[ListEntry]:
    if file is not None:
        return read_entries(file.read_bytes())
    kept = LastGood(read_config(config).server.store / "trust").load_list()
    if kept is None:
        raise BadWhiteList("the server has not accepted a white list yet")
    return read_entries(kept.raw)


@trust.command("list")
@config_option
@file_option
@json_option
def list_domains(config: Path, file: Path | None, *, as_json: bool) -> None:
    """List the member domains with the number of certificate names of each.

    Example: mssmail trust list --file white-list.xml
    """
    counts: dict[str, int] = {}
    for entry in _read_list(config, file):
        domain = normalise_domain(entry.domain)
        counts[domain] = counts.get(domain, 0) + 1
    if as_json:
        print_json([{"domain": domain, "names": number} for domain, number in sorted(counts.items())])
    else:
        print_table(("domain", "names"), sorted(counts.items()))


@trust.command()
@click.argument("domain")
@config_option
@file_option
@json_option
def show(domain: str, config: Path, file: Path | None, *, as_json: bool) -> int:
    """Show who may speak for DOMAIN; exit 1 when it is not listed.

    Example: mssmail trust show chu-nord.test --json
    """
    wanted = normalise_domain(domain)
    found = [entry for entry in _read_list(config, file) if normalise_domain(entry.domain) == wanted]
    if as_json:
        print_json([asdict(entry) for entry in found])
    elif found:
        print_table(
            ("certificate name", "description", "updated"), [(e.name, e.description, e.updated_at) for e in found]
        )
    else:
        click.echo(f"{wanted} is not listed.")
    return 0 if found else 1


@trust.command()
@click.argument("file", type=existing_file)
@click.option(
    "--anchors", type=click.Path(exists=True, path_type=Path), help="CA certificates; else the configuration's."
)
@click.option("--intermediates", type=click.Path(exists=True, path_type=Path), help="Further CA certificates.")
@click.option(
    "--crls", type=click.Path(exists=True, path_type=Path), help="Revocation lists; without them nobody is asked."
)
@click.option("--at", type=MOMENT, help="Judge as of this moment (ISO 8601); now when left out.")
@click.option("--signer-rule", help="CN=… or mail=… that the signer's certificate must carry.")
@config_option
@json_option
def verify(  # noqa: PLR0913 - one parameter an option
    file: Path,
    anchors: Path | None,
    intermediates: Path | None,
    crls: Path | None,
    at: datetime | None,
    signer_rule: str | None,
    config: Path,
    *,
    as_json: bool,
) -> int:
    """Judge any list without a server: exit 0 accepted, 1 refused, with the reason.

    Example: mssmail trust verify list.xml --anchors certs/anchors --signer-rule mail=alb@mssante.fr
    """
    if anchors is None and not config.exists():
        raise click.UsageError(f"whom to believe? Give --anchors, or a configuration: there is no {config}")
    if anchors is None:
        settings = read_config(config).trust
        anchors, intermediates = settings.anchors, intermediates or settings.intermediates
        signer_rule = signer_rule or settings.white_list_signer or None
    snapshot = TrustSnapshot(
        0,
        load_anchors(anchors),
        load_certificates(intermediates) if intermediates else (),
        read_folder(crls) if crls else (),
        SignaturePolicy(revocation=RevocationMode.HARD if crls else RevocationMode.OFF),
    )
    report = judge_white_list(file.read_bytes(), build_trust_store(snapshot), signer_rule, at or read_clock())
    _print_report(report, as_json=as_json)
    return 0 if report.accepted else 1


def _print_report(report: ListReport, *, as_json: bool) -> None:
    facts = {
        "accepted": report.accepted,
        "reason": report.reason,
        "signer": report.signer,
        "generated_at": report.generated_at.isoformat() if report.generated_at else None,
        "entries": report.entries,
        "domains": report.domains,
        "names": report.names,
        "sha256": report.sha256,
        "faults": list(report.faults),
    }
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), [(key, value) for key, value in facts.items() if value not in (None, "", [])])


@trust.command()
@config_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to.")
def fetch(config: Path, output: Path) -> None:
    """Fetch the configured white list, believe it or not, and write it to a file.

    Example: mssmail trust fetch --config mssmail.toml --output white-list.xml
    """
    kept = asyncio.run(fetch_once(read_config(config).trust))
    write_whole(output, kept.raw)
    click.echo(f"{output}: {len(kept.raw)} octets, SHA-256 {kept.sha256}")


async def fetch_once(settings: Trust) -> KeptList:
    """The list as a server with an empty store would accept it now; raises BadWhiteList."""

    async def forget(_entry: Entry) -> None:
        """Nothing is journaled: nothing is put into use."""

    with tempfile.TemporaryDirectory() as folder:
        keeper = TrustKeeper(settings, Path(folder), forget)
        await keeper.start()
        await keeper.stop()
        kept = LastGood(Path(folder, "trust")).load_list()
    if kept is None:
        raise BadWhiteList(f"no list was accepted: {keeper.lists.last_fault or 'it could not be fetched'}")
    return kept


@trust.command()
@config_option
def confirm(config: Path) -> None:
    """Put the list that is held back into use: older, shrunken or dated ahead, it waits for an administrator's word.

    Example: mssmail trust confirm --config /etc/mssmail/mssmail.toml
    """
    digest = LastGood(read_config(config).server.store / "trust").confirm()
    if not digest:
        raise click.ClickException("no list is held back")
    click.echo(f"The running server will take the list {digest} within seconds.")


for command in (trust_diff.diff, trust_list.add, trust_list.remove, trust_list.sign, explain_trust.explain):
    trust.add_command(command)
