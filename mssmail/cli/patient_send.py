"""``mssmail patient send``, ``report`` and ``campaigns``: a letter each to many patients, from a template."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mssmail.cli.files import existing_file
from mssmail.cli.output import config_option, json_option, print_json, print_rows, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.core.account import Account
from mssmail.core.address import Address, parse_address
from mssmail.core.campaign import Campaign, RowState
from mssmail.core.clock import read_clock
from mssmail.core.decision import Refuse
from mssmail.delivery.merge import Letterhead, Template, build_letter, check_columns, parse_rows, parse_template
from mssmail.delivery.merge import Row as MergeRow
from mssmail.errors import BadMerge, BadSyntax
from mssmail.policy.patient import is_patient, judge_patient_recipient
from mssmail.settings import Settings
from mssmail.store.accounts import find_account
from mssmail.store.campaign_progress import Progress as RowProgress
from mssmail.store.campaign_progress import Stage, find_progress
from mssmail.store.campaigns import (
    NewRow,
    add_rows,
    count_rows,
    find_campaign,
    has_fresh_rows,
    list_campaigns,
    list_rows,
    open_campaign,
)
from mssmail.store.engine import Connection, Store, is_served, open_store

_PAGE = 500  # recipients of one transaction
_LOOK_SECONDS = 0.3

account_option = click.option("--account", required=True, help="Who writes: an account of ours.")


@click.command()
@click.option("--template", "template_file", type=existing_file, required=True, help="Header fields and body, UTF-8.")
@click.option("--csv", "csv_file", type=existing_file, required=True, help="One recipient a row, names in the first.")
@account_option
@click.option("--name", help="The campaign's name; by default made from the two files.")
@click.option("--receipt", is_flag=True, help="Ask for a receipt, so that the report tells who has read it.")
@click.option("--dry-run", is_flag=True, help="Check everything, show the first letter, send nothing.")
@click.option("--no-wait", is_flag=True, help="Leave when the letters are handed to the server.")
@config_option
@json_option
def send(  # noqa: PLR0913 - one for each option
    template_file: Path,
    csv_file: Path,
    account: str,
    *,
    name: str | None,
    receipt: bool,
    dry_run: bool,
    no_wait: bool,
    config: Path,
    as_json: bool,
) -> int:
    """Send each row of a CSV file a letter of its own, made from a template and signed as the account's mail is.

    A template is text: To and Subject (and, if you like, Reply-To, X-MSS-MES, X-MSS-NIL), a blank line, the body.
    {{column}} becomes the row's value, {{column?}} may be empty. Nothing is sent unless every row is right.

    The server sends; when this command or the server is killed, run it again: nobody gets a letter twice, because the
    ledger of the campaign knows who was written to. The same files are the same campaign; so is the same --name, when
    you have mended a row meanwhile. Exit 1 when somebody was refused.

    Example: mssmail patient send --template reminder.txt --csv tomorrow.csv --account agenda@chu.example --receipt
    """
    settings, author = read_config(config), parse_option(account)
    raw_template, raw_rows = template_file.read_bytes(), csv_file.read_bytes()
    digest = hashlib.sha256(raw_template + b"\0" + raw_rows).hexdigest()
    name = name or f"{template_file.stem}-{digest[:8]}"
    writer = _require_account(settings, author)
    product = settings.documents.product
    head = Letterhead(writer.address, writer.display_name, name, read_clock(), wants_receipt=receipt, product=product)
    rows = _build_rows(
        settings, parse_template(raw_template, template_file.name), parse_rows(raw_rows, csv_file.name), head
    )
    if dry_run:
        return _show_plan(name, rows, as_json=as_json)
    campaign = _fill_ledger(settings, writer.address, name, rows)
    if not no_wait:
        _wait(settings, campaign, len(rows), quiet=as_json)
    return _report(settings, campaign, as_json=as_json)


def parse_option(text: str) -> Address:
    """An address given as an option; raises a usage error."""
    try:
        return parse_address(text)
    except BadSyntax as error:
        raise click.BadParameter(f"{text!r} is no address: {error}") from error


def _require_account(settings: Settings, author: Address) -> Account:
    if not settings.patient.domains:
        raise click.ClickException("no patients' domain is known: name it in [patient] domains")
    found = ask_store(settings, lambda conn: find_account(conn, author))
    if found is None or found.suspended:
        raise click.ClickException(f"{author} is {'suspended' if found else 'no account here'}")
    return found


def _build_rows(settings: Settings, template: Template, rows: Sequence[MergeRow], head: Letterhead) -> list[NewRow]:
    """Every letter, or BadMerge naming the first row and column that is wrong."""
    check_columns(template, rows)
    built: list[NewRow] = []
    seen: dict[str, int] = {}
    for row in rows:
        recipient, data = build_letter(template, row, head)
        if recipient.key in seen:
            raise row.fault(f"{recipient} is in row {seen[recipient.key]} already", template.to_column)
        seen[recipient.key] = row.number
        if not is_patient(recipient, settings.patient):
            raise row.fault(f"{recipient} is in no patients' domain", template.to_column)
        decision = judge_patient_recipient(head.author, recipient, len(data), settings.patient)
        if isinstance(decision, Refuse):
            raise row.fault(decision.reply.text, template.to_column)
        built.append((row.number, recipient, data))
    return built


def _show_plan(name: str, rows: Sequence[NewRow], *, as_json: bool) -> int:
    if as_json:
        found = [{"row": number, "recipient": str(recipient), "octets": len(data)} for number, recipient, data in rows]
        print_json({"campaign": name, "dry_run": True, "rows": found})
        return 0
    click.echo(f"Campaign {name}: {len(rows)} letters, each to one recipient. The first:\n")
    first = message_from_bytes(rows[0][2], policy=default)
    for field in ("From", "To", "Reply-To", "Subject", "X-MSS-MES", "X-MSS-NIL", "Disposition-Notification-To"):
        if field in first:
            click.echo(f"{field}: {first[field]}")
    click.echo(f"\n{first.get_content()}")
    click.echo("Nothing was sent (--dry-run).")
    return 0


def _fill_ledger(settings: Settings, author: Address, name: str, rows: Sequence[NewRow]) -> Campaign:
    now = read_clock()
    campaign: Campaign | None = None
    for start in range(0, len(rows), _PAGE):
        page = rows[start : start + _PAGE]

        def work(conn: Connection, page: Sequence[NewRow] = page) -> Campaign:
            opened = open_campaign(conn, author, name, now)
            add_rows(conn, opened, page, now)
            return opened

        campaign = change_store(settings, "patient send", work, account=str(author), campaign=name, rows=len(page))
    if campaign is None:
        raise BadMerge("there is no row to write to")
    return campaign


def _wait(settings: Settings, campaign: Campaign, total: int, *, quiet: bool) -> None:
    """Until nothing waits any more, or nobody sends."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    store = open_store(settings.server.store, exclusive=False)
    try:
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
            task = bar.add_task("letters", total=total)
            while True:
                counted = store.read(lambda conn: count_rows(conn, campaign)).result()
                waiting = counted[RowState.WAITING]
                bar.update(task, completed=max(sum(counted.values()) - waiting, 0), total=sum(counted.values()))
                if waiting == 0 or not _is_moving(settings, store, campaign):
                    return
                time.sleep(_LOOK_SECONDS)
    finally:
        store.close()


def _is_moving(settings: Settings, store: Store, campaign: Campaign) -> bool:
    """A server is there, and something waits that was not put off for later."""
    if not is_served(settings.server.store):
        click.echo("No server serves this store now: the rest is sent when it runs.", err=True)
        return False
    if store.read(lambda conn: has_fresh_rows(conn, campaign)).result():
        return True
    click.echo("The rest is tried again later, by the server: mssmail patient report tells.", err=True)
    return False


@click.command()
@account_option
@click.option("--name", required=True, help="The campaign's name: mssmail patient campaigns.")
@config_option
@json_option
def report(account: str, name: str, config: Path, *, as_json: bool) -> int:
    """Tell of each recipient of a campaign: waiting, sent, delivered, read, or refused and why.

    Example: mssmail patient report --account agenda@chu.example --name reminder-0a1b2c3d
    """
    settings, author = read_config(config), parse_option(account)
    found = ask_store(settings, lambda conn: find_campaign(conn, author, name))
    if found is None:
        raise click.ClickException(f"{author} has no campaign {name}")
    return _report(settings, found, as_json=as_json)


def _report(settings: Settings, campaign: Campaign, *, as_json: bool) -> int:
    def load(conn: Connection) -> list[RowProgress]:
        return [find_progress(conn, row) for row in list_rows(conn, campaign)]

    found = ask_store(settings, load)
    counted = {stage.value: sum(each.stage is stage for each in found) for stage in Stage}
    if as_json:
        print_json({"campaign": campaign.name, "account": str(campaign.account), **counted, "rows": _describe(found)})
    else:
        rows = [
            (each["row"], each["recipient"], each["stage"], each["id"], each["reason"]) for each in _describe(found)
        ]
        print_table(("row", "recipient", "stage", "id", "why"), rows, title=f"Campaign {campaign.name}")
        click.echo(", ".join(f"{number} {stage}" for stage, number in counted.items() if number) or "nobody")
    return 1 if counted[Stage.REFUSED.value] else 0


def _describe(found: Sequence[RowProgress]) -> list[Mapping[str, object]]:
    return [
        {
            "row": each.row.number,
            "recipient": str(each.row.recipient),
            "stage": each.stage.value,
            "id": each.row.trace_id,
            "reason": each.reason,
        }
        for each in found
    ]


@click.command()
@config_option
@json_option
def campaigns(config: Path, *, as_json: bool) -> None:
    """List the campaigns that are remembered.

    Example: mssmail patient campaigns
    """

    def load(conn: Connection) -> list[Mapping[str, object]]:
        return [
            {
                "account": str(each.account),
                "name": each.name,
                "created_at": each.created_at.isoformat(timespec="seconds"),
                **{state.value: number for state, number in count_rows(conn, each).items()},
            }
            for each in list_campaigns(conn)
        ]

    columns = ("account", "name", "created_at", "waiting", "sent", "refused")
    print_rows(ask_store(read_config(config), load), columns, as_json=as_json)
