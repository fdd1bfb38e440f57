"""``mssmail list posts|moderate|send|send-report``: messages to a list."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import click

from mssmail.app.list_sending import send_to_list
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.cli.targets import parse_one
from mssmail.core.address import Address
from mssmail.core.clock import read_clock
from mssmail.core.lists import MemberState, Post, PostState
from mssmail.errors import NoSuchAccount
from mssmail.store import list_posts, lists
from mssmail.store.engine import Connection, open_store

_Page = Callable[[Connection], list[list_posts.Outcome]]


@click.command()
@click.argument("address", callback=parse_one)
@config_option
@click.option("--state", type=click.Choice([state.value for state in PostState]), help="Only those that stand so.")
@json_option
def posts(address: Address, config: Path, state: str | None, *, as_json: bool) -> None:
    """List the messages to a list, the newest first: what waits for a moderator, what is under way, what is done.

    Example: mssmail list posts alertes@chu-nord.test --state held
    """

    def ask(conn: Connection) -> list[dict[str, object]]:
        list_id = lists.require_list(conn, address).id
        found = list_posts.list_posts_of(conn, list_id, state=PostState(state) if state else None)
        return [_describe(conn, post) for post in found]

    found = ask_store(read_config(config), ask)
    if as_json:
        print_json(found)
    else:
        print_table(_COLUMNS, [tuple(row[key] for key in _COLUMNS) for row in found])


@click.command()
@click.argument("address", callback=parse_one)
@click.argument("post", type=int)
@config_option
@click.option("--approve/--reject", default=None, help="Publish it, or tell its author that it is not.")
def moderate(address: Address, post: int, config: Path, *, approve: bool | None) -> None:
    """Decide about a message that waits. Moderators may also answer the mail that asks them.

    Example: mssmail list moderate alertes@chu-nord.test 12 --approve
    """
    if approve is None:
        raise click.UsageError("say --approve or --reject")
    state, now = (PostState.EXPANDING if approve else PostState.REJECTED), read_clock()

    def work(conn: Connection) -> bool:
        _require_post(conn, address, post)
        return list_posts.decide(conn, post, state, "administrator", now)

    if not change_store(read_config(config), "list moderate", work, list=str(address), post=post, state=state.value):
        raise click.ClickException(f"message {post} does not wait (any more): mssmail list posts {address}")
    click.echo(f"Message {post} is {'published' if approve else 'rejected'}.")


@click.command()
@click.argument("address", callback=parse_one)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.option("--from", "author", callback=parse_one, help="The author in From; the list's owner when left out.")
def send(address: Address, file: Path, config: Path, author: Address | None) -> None:
    """Send FILE, a message, to the list: completed and signed here, then on its way by the running server.

    Example: mssmail list send alertes@chu-nord.test alerte.eml
    """
    post = send_to_list(read_config(config), address, file.read_bytes(), author, read_clock())
    click.echo(f"Message {post} is on its way: mssmail list send-report {address} {post}")


@click.command("send-report")
@click.argument("address", callback=parse_one)
@click.argument("post", type=int)
@config_option
@click.option("--state", type=click.Choice([state.value for state in MemberState]), help="Only members that stand so.")
@click.option("--summary", is_flag=True, help="Only the numbers.")
@json_option
def send_report(address: Address, post: int, config: Path, state: str | None, *, summary: bool, as_json: bool) -> None:
    """Tell what became of a message for each member, a line each: state, member, when, the last answer (tab between).

    delivered: in a box here, or taken by the member's operator; bounced: taken, and then a report came.

    Example: mssmail list send-report alertes@chu-nord.test 12 --state failed
    """
    settings = read_config(config)

    def ask(conn: Connection) -> dict[str, object]:
        return _describe(conn, _require_post(conn, address, post))

    facts = ask_store(settings, ask)
    wanted = MemberState(state) if state else None
    store = open_store(settings.server.store, exclusive=False)
    try:
        outcomes = [] if summary else list(_read_outcomes(lambda page: store.read(page).result(), post, wanted))
    finally:
        store.close()
    if as_json:
        told = [
            {
                "member": str(each.address),
                "state": each.state.value,
                "at": _encode(each.changed_at),
                "answer": each.answer,
            }
            for each in outcomes
        ]
        print_json({**facts, "outcomes": told})
        return
    for each in outcomes:
        sys.stdout.write(f"{each.state.value}\t{each.address}\t{_encode(each.changed_at)}\t{each.answer}\n")
    click.echo(", ".join(f"{facts[each.value]} {each.value}" for each in MemberState), err=not summary)


def _read_outcomes(
    read: Callable[[_Page], list[list_posts.Outcome]], post: int, state: MemberState | None
) -> Iterator[list_posts.Outcome]:
    last = ""
    while True:
        page = read(lambda conn, last=last: list(list_posts.page_outcomes(conn, post, state=state, after_key=last)))  # type: ignore[misc]
        if not page:
            return
        yield from page
        last = page[-1].address.key


_COLUMNS = ("post", "state", "author", "subject", "received", "delivered", "queued", "pending", "failed", "bounced")


def _describe(conn: Connection, post: Post) -> dict[str, object]:
    numbers = list_posts.count_outcomes(conn, post.id)
    return {
        "post": post.id,
        "trace_id": post.trace_id,
        "state": post.state.value,
        "decided_by": post.decided_by,
        "author": post.author,
        "subject": post.subject,
        "received": _encode(post.created_at),
        "finished": None if post.finished_at is None else _encode(post.finished_at),
        **{state.value: number for state, number in numbers.items()},
    }


def _require_post(conn: Connection, address: Address, post_id: int) -> Post:
    found = list_posts.find_post(conn, post_id)
    if found is None or found.list_id != lists.require_list(conn, address).id:
        raise NoSuchAccount(f"{address} has no message {post_id}")
    return found


def _encode(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
