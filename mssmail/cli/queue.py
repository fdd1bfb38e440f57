"""``mssmail queue``: what is on its way to other operators."""

from collections.abc import Callable
from pathlib import Path

import click

from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.core.clock import read_clock
from mssmail.core.queue import QueueItem, QueueState
from mssmail.store import queue as store_queue
from mssmail.store import steering
from mssmail.store.engine import Connection


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
    items = ask_store(read_config(config), lambda conn: store_queue.list_items(conn, limit=limit))
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


@queue.command()
@click.argument("item", type=int)
@config_option
@json_option
def show(item: int, config: Path, *, as_json: bool) -> int:
    """Show one item: who, how often it was tried, what the other side said last, when it is tried next.

    Example: mssmail queue show 12
    """
    found = ask_store(read_config(config), lambda conn: store_queue.find_item(conn, item))
    if found is None:
        click.echo(f"item {item} is not in the queue (any more)", err=True)
        return 1
    facts = {**_describe(found), "why": explain_item(found)}
    if as_json:
        print_json(facts)
    else:
        print_table(("", ""), facts.items())
        click.echo(f"mssmail explain {found.trace_id} tells the message's whole story.")
    return 0


def explain_item(item: QueueItem) -> str:
    """Why it is still here, in a sentence."""
    match item.state:
        case QueueState.HELD:
            return "held by an administrator: mssmail queue release lets it go on"
        case QueueState.SENDING:
            return "being sent now"
        case _ if item.attempts == 0:
            return "not tried yet"
        case _:
            answer = str(item.last_reply) if item.last_reply else item.last_error or "no answer"
            return f"the last of {item.attempts} attempts ended in: {answer}"


@queue.command()
@click.argument("item", type=int)
@config_option
def hold(item: int, config: Path) -> None:
    """Keep a waiting item in the queue until it is released.

    Example: mssmail queue hold 12
    """
    _steer(config, item, "queue hold", lambda conn: steering.hold(conn, item), "is held")


@queue.command()
@click.argument("item", type=int)
@config_option
def release(item: int, config: Path) -> None:
    """Let a held item go on.

    Example: mssmail queue release 12
    """
    now = read_clock()
    _steer(config, item, "queue release", lambda conn: steering.release(conn, item, now), "is due now")


@queue.command()
@click.argument("item", type=int)
@config_option
def retry(item: int, config: Path) -> None:
    """Try a waiting item now; a running server looks at the queue at least every minute.

    Example: mssmail queue retry 12
    """
    now = read_clock()
    _steer(config, item, "queue retry", lambda conn: steering.retry(conn, item, now), "is due now")


def _steer(config: Path, item: int, act: str, work: Callable[[Connection], bool], words: str) -> None:
    if not change_store(read_config(config), act, work, item=item):
        raise click.ClickException(f"item {item} is not in the state for that: mssmail queue show {item}")
    click.echo(f"Item {item} {words}.")
