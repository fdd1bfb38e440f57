"""``mssmail account answer``: an account that answers by itself while its owner is away."""

from datetime import UTC, datetime
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_one
from mssmail.core.address import Address
from mssmail.core.answer import AnswerTimes
from mssmail.errors import NoSuchAccount
from mssmail.store import answers
from mssmail.store.accounts import find_account
from mssmail.store.engine import Connection

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.group()
def answer() -> None:
    """Let an account answer by itself: each sender once in a while, never lists, reports or machines.

    Example: mssmail account answer set marie.martin@chu-nord.test --text "Absente jusqu'au 15 août."
    """


@answer.command("set")
@click.argument("address", callback=parse_one)
@config_option
@click.option("--text", help="What is answered.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same from a UTF-8 file."
)
@click.option("--subject", default="", help='Subject; "Auto:" and that of the message when left out.')
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="Each sender once in so many.")
@click.option("--from", "starts_at", type=_DAY, help="From then on (UTC); now when left out.")
@click.option("--until", "ends_at", type=_DAY, help="Until then (UTC); until cleared when left out.")
def set_answer(  # noqa: PLR0913 - one parameter an option
    address: Address,
    config: Path,
    *,
    text: str | None,
    file: Path | None,
    subject: str,
    days: int,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> None:
    """Answer so from now on. The answer is signed like the account's own mail; a patient is answered once, ever.

    Example: mssmail account answer set marie.martin@chu-nord.test --file absence.txt --until 2026-08-15
    """
    if (text is None) == (file is None):
        raise click.UsageError("say --text or --file")
    words = text if file is None else file.read_text("utf-8")
    times = AnswerTimes(days, _read_moment(starts_at), _read_moment(ends_at))
    change_store(
        read_config(config),
        "account answer set",
        lambda conn: answers.set_answer(conn, address, subject, words or "", times),
        account=str(address),
        days=days,
    )
    click.echo(f"{address} answers by itself.")


@answer.command()
@click.argument("address", callback=parse_one)
@config_option
def clear(address: Address, config: Path) -> None:
    """Answer no longer.

    Example: mssmail account answer clear marie.martin@chu-nord.test
    """
    done = change_store(
        read_config(config),
        "account answer clear",
        lambda conn: answers.clear_answer(conn, address),
        account=str(address),
    )
    if not done:
        raise click.ClickException(f"{address} does not answer by itself")
    click.echo(f"{address} does not answer by itself any more.")


@answer.command()
@click.argument("address", callback=parse_one)
@config_option
@json_option
def show(address: Address, config: Path, *, as_json: bool) -> int:
    """Show what an account answers; exit 1 when it does not.

    Example: mssmail account answer show marie.martin@chu-nord.test
    """

    def ask(conn: Connection) -> answers.Answer | None:
        account = find_account(conn, address)
        if account is None:
            raise NoSuchAccount(f"no account {address}")
        return answers.find_answer(conn, account.id)

    found = ask_store(read_config(config), ask)
    if found is None:
        click.echo(f"{address} does not answer by itself", err=True)
        return 1
    facts = {
        "account": str(found.account),
        "subject": found.subject,
        "text": found.text,
        "days": found.times.days,
        "from": found.times.starts_at and found.times.starts_at.isoformat(),
        "until": found.times.ends_at and found.times.ends_at.isoformat(),
    }
    if as_json:
        print_json(facts)
    else:
        print_table(("field", "value"), facts.items())
    return 0


def _read_moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
