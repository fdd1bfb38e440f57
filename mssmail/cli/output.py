"""How commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mssmail.settings import Settings, load_settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("mssmail.toml"),
    envvar="MSSMAIL_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)


def read_config(path: Path) -> Settings:
    """The settings; raises ConfigError."""
    return load_settings(path)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever json can write
    """Indented JSON; moments and paths as text."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table; plain and unwrapped when standard output is no terminal. Cells are text, never markup."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(_clean(cell)) for cell in row))
    console.print(table)


def print_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool) -> None:
    """What rows say under these columns, as a table or, with all they say, as JSON."""
    if as_json:
        print_json(rows)
    else:
        print_table([each.replace("_", " ") for each in columns], [[row[each] for each in columns] for row in rows])


def _clean(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
