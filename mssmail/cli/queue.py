"""``mssmail queue``: what is on its way to other operators. What people do to it is in ``queue_steer``."""

from pathlib import Path

import click

from mssmail.app.explanation import load_known_trust
from mssmail.app.queue_story import Story
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.queue_steer import fail, hold, lower_floor, redirect, release, retry, wake
from mssmail.cli.store import ask_store
from mssmail.core.clock import read_clock
from mssmail.core.lane import PeerState
from mssmail.core.queue import QueueItem, QueueState
from mssmail.settings import Settings
from mssmail.store.engine import Connection
from mssmail.store.peers import find_peer, load_peers
from mssmail.store.queue import find_item, list_items

_STATES = tuple(state.value for state in (QueueState.WAITING, QueueState.SENDING, QueueState.HELD))
_COLUMNS = ("id", "state", "sender", "recipient", "attempts", "next_try_at", "why")


@click.group()
def queue() -> None:
    """Mail on its way to other operators.

    All of it works beside a running server as well as without one.

    Example: mssmail queue list
    """


@queue.command("list")
@config_option
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--after", type=click.IntRange(0), default=0, help="Go on behind the item with this id.")
@click.option("--lane", default="", help="Only what goes this way: a domain, or as queue show tells it.")
@click.option("--state", type=click.Choice(_STATES), help="Only what stands so.")
@json_option
def list_queue(config: Path, limit: int, after: int, lane: str, state: str | None, *, as_json: bool) -> None:
    """List what is on its way, oldest first, with the reason why it still is.

    Example: mssmail queue list --state held --json
    """
    settings, now = read_config(config), read_clock()

    def look(conn: Connection) -> list[Story]:
        known = load_peers(conn)
        wanted = None if state is None else QueueState(state)
        items = list_items(conn, after_id=after, limit=limit, lane=lane, state=wanted)
        return [Story(item, known.get(item.lane, PeerState(item.lane)), settings, now) for item in items]

    stories = ask_store(settings, look)
    if as_json:
        print_json([dict(story.list_facts()) for story in stories])
        return
    header = ("id", "state", "from", "to", "attempts", "next try", "why")
    print_table(header, [tuple(dict(story.list_facts())[name] for name in _COLUMNS) for story in stories])


def load_story(settings: Settings, item_id: int) -> Story | None:
    """All that is known of one item; None when it is not in the queue."""

    def look(conn: Connection) -> tuple[QueueItem | None, PeerState]:
        item = find_item(conn, item_id)
        return item, PeerState("") if item is None else find_peer(conn, item.lane)

    item, peer = ask_store(settings, look)
    return None if item is None else Story(item, peer, settings, read_clock())


@queue.command()
@click.argument("item", type=int)
@config_option
@json_option
def show(item: int, config: Path, *, as_json: bool) -> int:
    """Show one item: who, how often it was tried, what the other side said last, when it is tried next.

    Example: mssmail queue show 12
    """
    return _tell(read_config(config), item, as_json=as_json, with_route=False)


@queue.command()
@click.argument("item", type=int)
@config_option
@json_option
def explain(item: int, config: Path, *, as_json: bool) -> int:
    """Explain why an item waits: retry rule, last reply, TLS and certificate of the last attempt, route, next try.

    Example: mssmail queue explain 12
    """
    return _tell(read_config(config), item, as_json=as_json, with_route=True)


def _tell(settings: Settings, item_id: int, *, as_json: bool, with_route: bool) -> int:
    story = load_story(settings, item_id)
    if story is None:
        click.echo(f"item {item_id} is not in the queue (any more)", err=True)
        return 1
    facts = dict(story.list_facts())
    if with_route:
        facts["route"] = story.describe_route(load_known_trust(settings, story.now))
    if as_json:
        print_json(facts)
        return 0
    shown = [(name, value) for name, value in facts.items() if value not in {"", None}]
    print_table(("", ""), shown)
    click.echo(f"mssmail explain {story.item.trace_id} tells the message's whole story.")
    return 0


@queue.command()
@config_option
@json_option
def peers(config: Path, *, as_json: bool) -> None:
    """List what is known of other operators' servers: failures, rests, the oldest TLS version still believed.

    Example: mssmail queue peers
    """
    known = ask_store(read_config(config), load_peers)
    names = ("lane", "failures", "failed_since", "rests_until", "tls_floor", "reason")
    rows = [{name: getattr(peer, name) for name in names} for peer in known.values()]
    if as_json:
        print_json(rows)
    else:
        print_table(names, [tuple(row.values()) for row in rows])


for _command in (hold, release, retry, fail, redirect, wake, lower_floor):
    queue.add_command(_command)
