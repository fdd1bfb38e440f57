"""``mssmail message quarantine``: bytes that ended several workers, put aside for the operator to look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mssmail.cli.explain import flatten_facts
from mssmail.cli.files import write_whole
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.clock import read_clock
from mssmail.journal import Entry, Event
from mssmail.settings import Settings
from mssmail.store.engine import Connection, Store, open_store
from mssmail.store.journal import append_entries
from mssmail.store.quarantine import Held, drop, find_by_prefix, list_held, read_held, release


@click.group("quarantine")
def quarantine() -> None:
    """Messages that cannot be examined: each ended two workers, was refused for good and put aside.

    What they are named by is their SHA-256 (or its beginning), or the id in the reply that refused.

    Example: mssmail message quarantine list
    """


@quarantine.command("list")
@config_option
@json_option
def list_(config: Path, *, as_json: bool) -> None:
    """List what is in quarantine, oldest first.

    Example: mssmail message quarantine list --json
    """
    with _open(read_config(config)) as store:
        found = store.read(list_held).result()
    if as_json:
        print_json([_describe(held) for held in found])
        return
    rows = [
        (
            held.sha256[:16],
            f"{held.held_at:%Y-%m-%d %H:%M:%S}",
            held.length,
            "yes" if held.is_kept else "no",
            held.cause,
        )
        for held in found
    ]
    print_table(("sha256", "since", "octets", "kept", "cause"), rows)


@quarantine.command()
@click.argument("name")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the bytes to this file.")
@config_option
@json_option
def show(name: str, output: Path | None, config: Path, *, as_json: bool) -> int:
    """Show who brought it, for whom, and what happened; the bytes themselves only into a file.

    They ended two processes of ours: open the file with care.

    Example: mssmail message quarantine show 3f29ab --output odd.eml
    """
    with _open(read_config(config)) as store:
        held = _find(store, name)
        if output is not None:
            if not held.is_kept:
                click.echo("the bytes are no longer kept", err=True)
                return 1
            write_whole(output, read_held(store.quarantine_files, held))
    if as_json:
        print_json(_describe(held))
    else:
        print_table(("", ""), list(flatten_facts(_describe(held))))
    return 0


@quarantine.command("release")
@click.argument("name")
@config_option
def release_(name: str, config: Path) -> None:
    """Forget it: sent again, the message is examined again. For when the cause was mended; the bytes go.

    Its sender was told 554 and has to send it once more: nobody else can say that it was taken.

    Example: mssmail message quarantine release 3f29ab
    """
    with _open(read_config(config)) as store:
        held = _find(store, name)
        _change(store, "quarantine release", held, release)
        store.quarantine_files.unlink(held.sha256)
    click.echo(f"Released {held.sha256}.")


@quarantine.command("drop")
@click.argument("name")
@config_option
def drop_(name: str, config: Path) -> None:
    """Remove the bytes; sent again, they are still refused.

    Example: mssmail message quarantine drop 3f29ab
    """
    with _open(read_config(config)) as store:
        held = _find(store, name)
        _change(store, "quarantine drop", held, drop)
        store.quarantine_files.unlink(held.sha256)
    click.echo(f"Dropped the bytes of {held.sha256}.")


@contextmanager
def _open(settings: Settings) -> Iterator[Store]:
    """The store beside a running server, closed at the end."""
    store = open_store(settings.server.store, exclusive=False)
    try:
        yield store
    finally:
        store.close()


def _find(store: Store, name: str) -> Held:
    found = store.read(lambda conn: find_by_prefix(conn, name.strip("()<> ").lower())).result()
    if len(found) != 1:
        raise click.ClickException(f"{len(found)} messages in quarantine are named {name}; one is wanted")
    return found[0]


def _change(store: Store, act: str, held: Held, change: Callable[[Connection, str], None]) -> None:
    def run(conn: Connection) -> None:
        change(conn, held.sha256)
        facts = {"act": act, "sha256": held.sha256}
        append_entries(conn, [Entry(read_clock(), Event.ADMIN, held.trace_id, facts)])

    store.submit(run).result()


def _describe(held: Held) -> dict[str, object]:
    return {
        "sha256": held.sha256,
        "id": held.trace_id,
        "since": held.held_at.isoformat(),
        "octets": held.length,
        "kept": held.is_kept,
        "cause": held.cause,
        "envelope": dict(held.envelope),
    }
