"""What administrators do to mail on its way: every act is journaled with the account of the system that did it."""

import getpass
from collections.abc import Callable
from pathlib import Path

import click

from mssmail.app.explanation import load_known_trust
from mssmail.app.queue_end import end_item
from mssmail.cli.output import config_option, json_option, print_json, read_config
from mssmail.cli.store import ask_store, change_store
from mssmail.core.address import Address, parse_address
from mssmail.core.clock import read_clock
from mssmail.core.endpoint import Endpoint, parse_endpoint
from mssmail.core.parameters import RecipientParameters, encode_xtext
from mssmail.flows.carrier import describe_here
from mssmail.policy.routing import Nowhere, judge_route
from mssmail.settings import Settings
from mssmail.store import steering
from mssmail.store.engine import Connection, open_store
from mssmail.store.peers import lower_floor as lower
from mssmail.store.peers import wake_peer
from mssmail.store.queue import find_item


@click.command()
@click.argument("item", type=int)
@config_option
@json_option
def hold(item: int, config: Path, *, as_json: bool) -> None:
    """Keep a waiting item in the queue until it is released.

    Example: mssmail queue hold 12
    """
    _steer(read_config(config), item, "hold", lambda conn: steering.hold(conn, item), as_json=as_json)


@click.command()
@click.argument("item", type=int)
@config_option
@json_option
def release(item: int, config: Path, *, as_json: bool) -> None:
    """Let a held item go on.

    Example: mssmail queue release 12
    """
    now = read_clock()
    _steer(read_config(config), item, "release", lambda conn: steering.release(conn, item, now), as_json=as_json)


@click.command()
@click.argument("item", type=int)
@config_option
@json_option
def retry(item: int, config: Path, *, as_json: bool) -> None:
    """Try a waiting item now, also when its domain rests; a running server looks every five seconds.

    Example: mssmail queue retry 12
    """
    now = read_clock()

    def work(conn: Connection) -> bool:
        found = find_item(conn, item)
        if found is None or not steering.retry(conn, item, now):
            return False
        wake_peer(conn, found.lane)
        return True

    _steer(read_config(config), item, "retry", work, as_json=as_json)


@click.command()
@click.argument("item", type=int)
@click.option("--reason", default="", help="Told to the sender.")
@config_option
@json_option
def fail(item: int, reason: str, config: Path, *, as_json: bool) -> None:
    """Give an item up: it leaves the queue, and its sender gets a delivery report.

    Example: mssmail queue fail 12 --reason "the practice has closed"
    """
    settings = read_config(config)
    store = open_store(settings.server.store, exclusive=False)
    try:
        done = end_item(settings, store, item, reason)
    finally:
        store.close()
    if not done:
        raise _refuse(item)
    change_store(settings, "queue fail", lambda _conn: True, item=item, reason=reason, by=getpass.getuser())
    _answer(item, "is given up, and its sender told", as_json=as_json)


@click.command()
@click.argument("item", type=int)
@click.option("--to", "to", help="Another recipient, in a domain of the white list or of ours.")
@click.option("--route", "via", help="Another server of the recipient's domain, host:port.")
@config_option
@json_option
def redirect(item: int, to: str | None, via: str | None, config: Path, *, as_json: bool) -> None:
    """Send a waiting or held item to another recipient or by another server, within the trust space.

    The server's certificate must be one the white list names for the domain, as always. Without --route the item goes
    the usual way again.

    Example: mssmail queue redirect 12 --to accueil@cabinet-sud.test
    """
    if to is None and via is None:
        raise click.UsageError("say --to, --route, or both")
    settings, now = read_config(config), read_clock()
    recipient, server = parse_address(to) if to else None, parse_endpoint(via) if via else None
    found = ask_store(settings, lambda conn: find_item(conn, item))
    if found is None:
        raise _refuse(item)
    _require_route(settings, recipient or found.recipient, server)
    parameters = found.parameters
    if recipient is not None and parameters.original is None and str(found.recipient).isascii():
        # RFC 3461 §5.2.1: reports go on naming whom the author wrote to.
        parameters = RecipientParameters(parameters.notify, f"rfc822;{encode_xtext(str(found.recipient))}")
    facts = {"to": str(recipient or found.recipient), "route": str(server or ""), "was": str(found.recipient)}
    _steer(
        settings,
        item,
        "redirect",
        lambda conn: steering.redirect(conn, item, now, steering.Course(recipient, server, parameters)),
        as_json=as_json,
        **facts,
    )


@click.command()
@click.argument("lane")
@config_option
def wake(lane: str, config: Path) -> None:
    """End the rest of a domain: what waits for it is tried now.

    Example: mssmail queue wake chu-sud.test
    """
    if not change_store(read_config(config), "queue wake", lambda conn: wake_peer(conn, lane), lane=lane):
        raise click.ClickException(f"{lane} does not rest: mssmail queue peers")
    click.echo(f"{lane} is tried now.")


@click.command("lower-floor")
@click.argument("lane")
@config_option
def lower_floor(lane: str, config: Path) -> None:
    """Forget which TLS version a domain's servers spoke, for a peer that had to go back to an older one.

    Example: mssmail queue lower-floor chu-sud.test
    """
    if not change_store(read_config(config), "queue lower-floor", lambda conn: lower(conn, lane), lane=lane):
        raise click.ClickException(f"no TLS version is remembered for {lane}: mssmail queue peers")
    click.echo(f"{lane} may speak TLS 1.2 again, unless its route asks for more.")


def _require_route(settings: Settings, recipient: Address, via: Endpoint | None) -> None:
    known = load_known_trust(settings, read_clock())
    route = judge_route(recipient, describe_here(settings), settings.route, known.white_list, known.freshness, via)
    if isinstance(route, Nowhere):
        raise click.ClickException(f"nothing would go there ({route.rule}): {route.reply}")


_WORDS = {"hold": "is held", "release": "is due now", "retry": "is due now", "redirect": "goes another way now"}


def _steer(
    settings: Settings, item: int, act: str, work: Callable[[Connection], bool], *, as_json: bool, **facts: object
) -> None:
    if not change_store(settings, f"queue {act}", work, item=item, by=getpass.getuser(), **facts):
        raise _refuse(item)
    _answer(item, _WORDS[act], as_json=as_json)


def _answer(item: int, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"item": item, "done": words})
    else:
        click.echo(f"Item {item} {words}.")


def _refuse(item: int) -> click.ClickException:
    return click.ClickException(f"item {item} is not in the state for that: mssmail queue show {item}")
