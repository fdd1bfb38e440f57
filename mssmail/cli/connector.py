"""``mssmail connector``: documents on their way into the software that keeps them."""

from collections.abc import Callable
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.core.clock import read_clock
from mssmail.core.filing import Filing, FilingState
from mssmail.core.receipt import Disposition, FilingError, ReceiptOrder
from mssmail.flows.file_documents import is_receipt_wanted
from mssmail.settings import Settings
from mssmail.store import filings
from mssmail.store.engine import Connection
from mssmail.store.messages import load_message
from mssmail.store.receipts import order_receipt

_COLUMNS = ("id", "state", "connector", "account", "attempts", "next_try_at", "last_error")


@click.group()
def connector() -> None:
    """Health documents on their way into the software that keeps them.

    Example: mssmail connector list --dead
    """


@connector.command("list")
@config_option
@click.option("--dead", is_flag=True, help="Only dead letters: given up, waiting for retry or drop.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
def list_deliveries(config: Path, limit: int, *, dead: bool, as_json: bool) -> None:
    """List the deliveries that are owed, with the last error and the next try.

    Example: mssmail connector list --json
    """
    state = FilingState.DEAD if dead else None
    found = ask_store(read_config(config), lambda conn: filings.list_filings(conn, state=state, limit=limit))
    rows = [_describe(each) for each in found]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("id", "state", "connector", "account", "attempts", "next try", "last error"),
        [tuple(row[key] for key in _COLUMNS) for row in rows],
    )


def _describe(filing: Filing) -> dict[str, object]:
    return {
        "id": filing.id,
        "trace_id": filing.trace_id,
        "key": filing.key,
        "state": filing.state.value,
        "connector": filing.connector,
        "account": str(filing.recipient),
        "attempts": filing.attempts,
        "queued_at": filing.queued_at.isoformat(timespec="seconds"),
        "next_try_at": filing.next_try_at.isoformat(timespec="seconds") if filing.state is FilingState.WAITING else "",
        "last_error": filing.last_error,
    }


@connector.command()
@click.argument("delivery", type=int)
@config_option
@json_option
def show(delivery: int, config: Path, *, as_json: bool) -> int:
    """Show one delivery: for whom, how often it was tried, what went wrong, when it is tried next.

    Example: mssmail connector show 12
    """
    found = ask_store(read_config(config), lambda conn: filings.find_filing(conn, delivery))
    if found is None:
        click.echo(f"delivery {delivery} is not owed (any more)", err=True)
        return 1
    facts = _describe(found)
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), facts.items())
        click.echo(f"mssmail explain {found.trace_id} tells the message's whole story.")
    return 0


@connector.command()
@click.argument("delivery", type=int)
@config_option
def retry(delivery: int, config: Path) -> None:
    """Try a delivery again, a dead letter too; a running server looks at least every minute.

    Example: mssmail connector retry 12
    """
    now = read_clock()
    _steer(config, delivery, "connector retry", lambda conn: filings.revive(conn, delivery, now))
    click.echo(f"delivery {delivery} is due now")


@connector.command()
@click.argument("delivery", type=int)
@config_option
def drop(delivery: int, config: Path) -> None:
    """Give a delivery up for good; the sender gets the receipt with code 906, if one was asked for.

    Example: mssmail connector drop 12
    """
    settings = read_config(config)
    _steer(config, delivery, "connector drop", lambda conn: drop_delivery(conn, settings, delivery))
    click.echo(f"delivery {delivery} is dropped; the message stays in its mailbox")


def drop_delivery(conn: Connection, settings: Settings, delivery: int) -> bool:
    """Take it out of the outbox and owe the receipt that says so; False when it has gone already."""
    filing = filings.find_filing(conn, delivery)
    if filing is None:
        return False
    message = load_message(conn, filing.message_id)
    if message is not None and is_receipt_wanted(settings, filing.recipient, message.data):
        disposition = Disposition(error=FilingError.OTHER)
        order_receipt(
            conn, ReceiptOrder(filing.message_id, filing.trace_id, filing.recipient, disposition, read_clock())
        )
    filings.finish(conn, delivery)
    return True


def _steer(config: Path, delivery: int, act: str, work: Callable[[Connection], bool]) -> None:
    if not change_store(read_config(config), act, work, delivery=delivery):
        raise click.ClickException(f"delivery {delivery} is not owed (any more)")
