"""``mssmail fsck``: is what we keep whole?"""

from dataclasses import asdict
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.store.engine import open_store
from mssmail.store.fsck import check_store
from mssmail.store.text_index import forget_index


@click.command()
@config_option
@json_option
@click.option(
    "--rebuild-index", is_flag=True, help="Drop what SEARCH, SORT and lists stand on; a server makes it anew."
)
def fsck(config: Path, *, as_json: bool, rebuild_index: bool) -> int:
    """Check digests, counters, UIDs and bodies of the store; exit 1 when something is wrong. Repairs nothing.

    With --rebuild-index it first drops all that is made from messages and can be made again; no server may be running.

    Example: mssmail fsck --config /etc/mssmail/mssmail.toml
    """
    if rebuild_index:
        store = open_store(read_config(config).server.store)
        try:
            store.submit(forget_index).result()
        finally:
            store.close()
    store = open_store(read_config(config).server.store, exclusive=False)
    try:
        problems = check_store(store)
    finally:
        store.close()
    if as_json:
        print_json([asdict(problem) for problem in problems])
    else:
        rows = [tuple(asdict(problem).values()) for problem in problems]
        if rows:
            print_table(tuple(asdict(problems[0])), rows)
        click.echo(f"{len(rows)} problems" if rows else "the store is whole")
    return 1 if problems else 0
