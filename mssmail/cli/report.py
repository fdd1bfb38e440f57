"""``mssmail report``: an operator's figures of a month, from the journal."""

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from mssmail.app.activity import Activity, encode_activity
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.store.activity import count_accounts, pass_over
from mssmail.store.engine import open_store

_SHOWN = 20  # rows of a table on the terminal; CSV and JSON have all


def parse_month(text: str) -> tuple[datetime, datetime]:
    """The first moment of the month (UTC), and that of the next; raises ValueError."""
    start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    return start, start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


@click.command()
@click.option("--month", required=True, help="YYYY-MM, in UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: section, name, figure, value.")
@json_option
@config_option
def report(month: str, config: Path, *, as_csv: bool, as_json: bool) -> None:
    """Report a month: accounts by kind, messages by operator and by product, connections, documents, refusals, delays.

    Everything but the accounts, which are counted as they are now, comes from the journal. Documents count once a
    message; the abnormal share is of documents with results.

    Example: mssmail report --month 2026-10 --csv
    """
    try:
        start, end = parse_month(month)
    except ValueError as error:
        raise click.UsageError(f"{month} is no month: YYYY-MM is wanted") from error
    store = open_store(read_config(config).server.store, exclusive=False)
    try:
        activity = Activity()
        pass_over(store, start, end, activity.add)
        accounts = store.read(lambda conn: count_accounts(conn, end)).result()
    finally:
        store.close()
    told = encode_activity(activity, accounts, start, end)
    if as_json:
        print_json(told)
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(("section", "name", "figure", "value"))
        writer.writerows(flatten_report(told))
    else:
        _print(told)


def flatten_report(told: dict[str, object]) -> Iterator[tuple[str, str, str, object]]:
    """Section, name, figure, value: one row a figure. A name that a spreadsheet would run is quoted."""
    for section, content in told.items():
        match content:
            case list():
                for row in content:
                    (name, *figures) = row.items()
                    for figure, value in figures:
                        yield section, _disarm(str(name[1])), figure, "" if value is None else value
            case dict():
                for name, value in content.items():
                    inner = value.items() if isinstance(value, dict) else (("count", value),)
                    yield from ((section, name, figure, number) for figure, number in inner)
            case _:
                yield section, "", "value", "" if content is None else content


def _disarm(text: str) -> str:
    """Product numbers and certificate names are strangers' text."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _print(told: dict[str, object]) -> None:
    for section, content in told.items():
        if isinstance(content, list):
            if content:
                header = list(dict.fromkeys(key for row in content for key in row))
                print_table(header, [[row.get(key, 0) for key in header] for row in content[:_SHOWN]], section)
            continue
        rows = [row[1:] for row in flatten_report({section: content})]
        print_table((section, "", ""), rows)
