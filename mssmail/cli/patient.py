"""``mssmail patient``: letters to many patients, one each, and exchanges with them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_rows, read_config
from mssmail.cli.patient_send import campaigns, parse_option, report, send
from mssmail.cli.store import ask_store, change_store
from mssmail.core.clock import read_clock
from mssmail.core.exchange import Exchange
from mssmail.store.engine import Connection
from mssmail.store.exchanges import close_exchange, list_exchanges


@click.group()
def patient() -> None:
    """Letters to many patients, and exchanges with them.

    Example: mssmail patient send --template reminder.txt --csv tomorrow.csv --account agenda@chu.example --dry-run
    """


@patient.command()
@click.option("--account", help="Only this professional's.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@config_option
@json_option
def exchanges(account: str | None, limit: int, config: Path, *, as_json: bool) -> None:
    """List exchanges between professionals and patients, and whether the patient may answer.

    Example: mssmail patient exchanges --account marie.martin@chu.example
    """
    professional = None if account is None else parse_option(account)
    found = ask_store(read_config(config), lambda conn: list_exchanges(conn, professional=professional, limit=limit))
    rows = [_describe_exchange(each) for each in found]
    print_rows(rows, ("id", "professional", "patient", "state", "opened_at", "last_at"), as_json=as_json)


def _describe_exchange(exchange: Exchange) -> Mapping[str, object]:
    return {
        "id": exchange.id,
        "professional": exchange.professional,
        "patient": exchange.patient,
        "state": exchange.state.value,
        "opened_at": exchange.opened_at.isoformat(timespec="seconds"),
        "last_at": exchange.last_at.isoformat(timespec="seconds"),
    }


@patient.command("close")
@click.argument("exchange", type=int)
@config_option
def close(exchange: int, config: Path) -> None:
    """Close an exchange: the patient's answers are refused from now on.

    Example: mssmail patient close 12
    """
    now = read_clock()
    _steer(config, exchange, "patient close", lambda conn: close_exchange(conn, exchange, now), "is closed")


@patient.command("open")
@click.argument("exchange", type=int)
@config_option
def reopen(exchange: int, config: Path) -> None:
    """Open a closed exchange again: the patient may answer.

    Example: mssmail patient open 12
    """
    _steer(config, exchange, "patient open", lambda conn: close_exchange(conn, exchange, None), "is open")


def _steer(config: Path, exchange: int, act: str, work: Callable[[Connection], bool], words: str) -> None:
    if not change_store(read_config(config), act, work, exchange=exchange):
        raise click.ClickException(f"there is no exchange {exchange}: mssmail patient exchanges")
    click.echo(f"Exchange {exchange} {words}.")


patient.add_command(send)
patient.add_command(report)
patient.add_command(campaigns)
