"""``mssmail explain``: everything the journal knows under one id."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.store.engine import open_store
from mssmail.store.journal import KeptEntry, read_entries


@click.command()
@click.argument("id")
@config_option
@json_option
def explain(id: str, config: Path, *, as_json: bool) -> int:
    """Tell why: every fact that was weighed for the message or session with this ID, in the order it happened.

    The id stands in the reply that refused (in brackets), in the 250 that accepted, in the log, and in the Received
    field. Exit 1 when the journal does not know it.

    Example: mssmail explain 0mwqwifpk99m8ok1ut
    """
    store = open_store(read_config(config).server.store, exclusive=False)
    try:
        found = store.read(lambda conn: read_entries(conn, trace_id=id.strip("()<> "))).result()
    finally:
        store.close()
    if as_json:
        print_json([_describe(kept) for kept in found])
    else:
        _print_entries(found)
    if not found:
        click.echo(f"the journal knows nothing of {id}", err=True)
    return 0 if found else 1


def _describe(kept: KeptEntry) -> dict[str, object]:
    entry = kept.entry
    return {"at": entry.at.isoformat(), "event": entry.event.value, "id": entry.trace_id, "facts": dict(entry.facts)}


def _print_entries(found: Sequence[KeptEntry]) -> None:
    for kept in found:
        entry = kept.entry
        title = f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.event.value}"
        print_table(("", ""), list(flatten_facts(entry.facts)), title)


def flatten_facts(facts: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """(name, value) rows; what is nested is named with dots, lists are joined, empty values left out."""
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from flatten_facts(value, f"{prefix}{key}.")
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value, 1):
                yield from flatten_facts(each, f"{prefix}{key}.{number}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", ", ".join(map(str, value))
        elif value not in {None, ""}:
            yield f"{prefix}{key}", value
