"""``mssmail policy``: what the rules would do."""

import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from mssmail.app.explanation import KnownTrust, load_known_trust
from mssmail.app.forecast import Forecast, World, build_forecast
from mssmail.cli.files import existing_file
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.clock import read_clock
from mssmail.policy.shadow import SHADOWABLE
from mssmail.settings import RevocationMode, Settings, SmimeMode
from mssmail.store.engine import open_store
from mssmail.trust.snapshot import build_trust_store
from mssmail.trust.whitelist import read_draft

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """``24h``, ``7d``, ``90m`` before now, or a moment (ISO 8601 with a time zone)."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        found = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
        if found is not None:
            return read_clock() - timedelta(**{_UNITS[found[2]]: int(found[1])})
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{text} is no time: 24h, 7d, or ISO 8601 with a time zone", param, ctx)
        return moment


@dataclass(frozen=True, slots=True)
class Supposed:
    """What the command line supposes."""

    white_list: Path | None
    crls: tuple[Path, ...]
    smime: str | None
    revocation: str | None
    min_rsa_bits: int | None
    enforce: tuple[str, ...]


@click.group()
def policy() -> None:
    """What the rules would do.

    Example: mssmail policy forecast --since 24h --white-list tomorrow.xml
    """


@policy.command()
@click.option("--since", type=Since(), default="24h", show_default=True, help="24h, 7d, 90m, or a moment (ISO 8601).")
@click.option("--white-list", type=existing_file, help="Suppose this white list; its signature is not asked.")
@click.option("--crl", "crls", type=existing_file, multiple=True, help="Suppose this revocation list, too.")
@click.option("--smime", type=click.Choice([each.value for each in SmimeMode]), help="Suppose this of all domains.")
@click.option("--revocation", type=click.Choice([each.value for each in RevocationMode]), help="Suppose this mode.")
@click.option("--min-rsa-bits", type=int, help="Suppose this smallest RSA key.")
@click.option(
    "--rule", "enforce", type=click.Choice(sorted(SHADOWABLE)), multiple=True,
    help="Suppose that this rule leaves the shadow; without any supposition: all of them.",
)  # fmt: skip
@config_option
@json_option
def forecast(since: datetime, config: Path, *, as_json: bool, **options: object) -> int:
    """Tell what another white list, CRL or stricter rule would have refused of what peers have sent.

    Every message that is kept and came since then is judged again, as the server is set up and as supposed, both as if
    it came now. Changes nothing. Exit 0 nothing more would be refused, 1 something would.

    Example: mssmail policy forecast --since 7d --smime require --json
    """
    supposed = Supposed(**options)  # type: ignore[arg-type]
    settings, now = read_config(config), read_clock()
    known = load_known_trust(settings, now)
    today = World(known.white_list, known.store, settings.policy.in_shadow, revocation=settings.trust.revocation)
    store = open_store(settings.server.store, exclusive=False)
    try:
        found = build_forecast(store, settings, today, _suppose(today, known, supposed, settings), since, now)
    finally:
        store.close()
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)
    return int(bool(found.refused))


def _suppose(today: World, known: KnownTrust, supposed: Supposed, settings: Settings) -> World:
    snapshot = known.store.snapshot
    signatures = snapshot.policy
    if supposed.revocation:
        signatures = replace(signatures, revocation=RevocationMode(supposed.revocation))
    if supposed.min_rsa_bits is not None:
        signatures = replace(signatures, min_rsa_bits=supposed.min_rsa_bits)
    crls = tuple(path.read_bytes() for path in supposed.crls)
    is_plain = not any((supposed.white_list, crls, supposed.smime, supposed.revocation, supposed.min_rsa_bits))
    leaving = frozenset(supposed.enforce) or (today.shadow if is_plain else frozenset())
    return World(
        known.white_list if supposed.white_list is None else read_draft(supposed.white_list.read_bytes()),
        build_trust_store(replace(snapshot, crls=(*snapshot.crls, *crls), policy=signatures)),
        today.shadow - leaving,
        SmimeMode(supposed.smime) if supposed.smime else None,
        RevocationMode(supposed.revocation) if supposed.revocation else settings.trust.revocation,
    )


def _print(found: Forecast) -> None:
    rows = [
        (each.id, f"{each.received_at:%Y-%m-%d %H:%M}", each.sender, ", ".join(each.to[:3]), each.reply)
        for each in found.refused
    ]
    if rows:
        print_table(("id", "received", "from", "to", "would be answered"), rows)
        counts = Counter(each.rule for each in found.refused)
        print_table(("rule", "messages"), counts.most_common())
    told = f"{len(found.refused)} of {found.judged} messages that pass would be refused"
    click.echo(f"{told}; {found.gone} more are kept no more.")
