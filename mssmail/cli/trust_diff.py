"""``mssmail trust diff``: what a white list changes, and whom of our peers that concerns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from mssmail.cli.files import existing_file
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store
from mssmail.core.address import normalise_domain
from mssmail.core.names import DistinguishedName, parse_listed_name
from mssmail.errors import BadSyntax
from mssmail.flows.last_good import LastGood
from mssmail.journal import Entry, Event
from mssmail.settings import Settings
from mssmail.store.engine import Connection
from mssmail.store.journal import read_entries as read_journal
from mssmail.store.peers_seen import SeenPeer, list_peers
from mssmail.trust.sign_list import read_entries

T = TypeVar("T")
Pair = tuple[str, str]  # domain, certificate name as the list writes it


@click.command()
@click.argument("old", type=existing_file, required=False)
@click.argument("new", type=existing_file, required=False)
@config_option
@json_option
def diff(old: Path | None, new: Path | None, config: Path, *, as_json: bool) -> int:
    """Tell what the list NEW changes against OLD: exit 0 nothing, 1 something. Signatures are not looked at.

    With one list, against the one the server believes; with none, what the list that is held back would change or,
    when none is, what the last list adopted did change. A change that concerns a peer we exchange mail with says so:
    it loses the name we see there, or gains one that was never seen there.

    Example: mssmail trust diff yesterday.xml today.xml
    """
    settings = read_config(config) if config.exists() or new is None else None
    if old is None and settings is not None and LastGood(settings.server.store / "trust").load_held() is None:
        return _show_last(settings, as_json=as_json)
    before, after = _load_sides(old, new, settings)
    peers = ask_store(settings, list_peers) if settings is not None and settings.server.store.exists() else ()
    changes = [("gained", *pair) for pair in sorted(after - before)]
    changes += [("lost", *pair) for pair in sorted(before - after)]
    rows = [(*change, _find_concern(change, peers)) for change in changes]
    if as_json:
        print_json([{"change": c, "domain": d, "name": n, "peer": concern} for c, d, n, concern in rows])
    else:
        print_table(("change", "domain", "certificate name", "our peer"), rows)
    return 1 if rows else 0


def _load_sides(old: Path | None, new: Path | None, settings: Settings | None) -> tuple[set[Pair], set[Pair]]:
    if settings is None or (old is not None and new is not None):
        return _read(_require(old).read_bytes()), _read(_require(new).read_bytes())
    disk = LastGood(settings.server.store / "trust")
    later = old.read_bytes() if old is not None else _require(disk.load_held()).raw
    return _read(_require(disk.load_list()).raw), _read(later)


def _require(side: T | None) -> T:
    if side is None:
        raise click.ClickException("there is no list to compare with")
    return side


def _read(raw: bytes) -> set[Pair]:
    return {(normalise_domain(entry.domain), entry.name) for entry in read_entries(raw)}


def _find_concern(change: tuple[str, str, str], peers: Sequence[SeenPeer]) -> str:
    what, domain, text = change
    name = _parse(text)
    names = {peer.name for peer in peers if domain in peer.domains}
    if name is None or not names:
        return ""
    if what == "lost":
        return "loses the name we see" if name in names else ""
    return "" if name in names else "gains a name never seen"


def _parse(text: str) -> DistinguishedName | None:
    try:
        return parse_listed_name(text)
    except BadSyntax:
        return None


def _show_last(settings: Settings, *, as_json: bool) -> int:
    """The last change the journal tells of."""

    def look(conn: Connection) -> list[Entry]:
        found: list[Entry] = []
        after = 0
        while page := read_journal(conn, event=Event.TRUST_CHANGED, after_id=after):
            found += [kept.entry for kept in page if kept.entry.facts.get("what") == "white-list"]
            after = page[-1].id
        return found[-1:]

    last = ask_store(settings, look)
    facts: Mapping[str, object] = last[0].facts if last else {}
    if as_json:
        print_json(dict(facts))
    elif facts:
        rows = [(name, facts[name]) for name in ("generated_at", "counts", "added", "removed", "changed")]
        print_table(("", ""), rows, "the last list adopted")
    else:
        click.echo("no list was ever adopted")
    return int(bool(facts))
