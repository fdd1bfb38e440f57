"""``mssmail queue``: what is on its way to other operators."""

from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.queue import QueueItem
from mssmail.store.engine import open_store
from mssmail.store.queue import list_items


@click.group()
def queue() -> None:
    """Mail on its way to other operators.

    Example: mssmail queue list
    """


@queue.command("list")
@config_option
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
def list_queue(config: Path, limit: int, *, as_json: bool) -> None:
    """List what waits, with the last reply and the next try.

    Example: mssmail queue list --json
    """
    store = open_store(read_config(config).server.store, exclusive=False)
    try:
        items = store.read(lambda conn: list_items(conn, limit=limit)).result()
    finally:
        store.close()
    if as_json:
        print_json([_describe(item) for item in items])
        return
    header = ("id", "state", "from", "to", "attempts", "next try", "last answer")
    print_table(header, [tuple(_describe(item)[key] for key in _COLUMNS) for item in items])


_COLUMNS = ("id", "state", "sender", "recipient", "attempts", "next_try_at", "last_answer")


def _describe(item: QueueItem) -> dict[str, object]:
    return {
        "id": item.id,
        "trace_id": item.trace_id,
        "state": item.state.value,
        "sender": str(item.reverse_path) if item.reverse_path else "<>",
        "recipient": str(item.recipient),
        "attempts": item.attempts,
        "queued_at": item.queued_at.isoformat(timespec="seconds"),
        "next_try_at": item.next_try_at.isoformat(timespec="seconds"),
        "last_answer": str(item.last_reply) if item.last_reply else item.last_error,
    }
