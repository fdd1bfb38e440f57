"""``mssmail cert``: judge one certificate without a server, as the signer of a message or a peer would be judged."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from mssmail.app.explanation import load_known_trust
from mssmail.app.standing import Held, Standing, list_standings
from mssmail.cli.files import existing_file
from mssmail.cli.judging import Judging, judging_options
from mssmail.cli.message import FACT_STYLES, print_proof
from mssmail.cli.moments import MOMENT
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.store import ask_store
from mssmail.core.clock import read_clock
from mssmail.core.missing import name_issuers
from mssmail.core.verdict import SKIPPED, Fact, Outcome
from mssmail.errors import BadCertificate
from mssmail.store.peers_seen import list_peers
from mssmail.trust.certificate import split_certificates
from mssmail.trust.link import Link
from mssmail.trust.path import verify_path
from mssmail.trust.path_result import PathResult
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose

EXIT_CODES: Mapping[str, int] = {"valid": 0, "invalid": 1, "undetermined": 2}
_PURPOSES: Final = {
    "smime": Purpose.SMIME,
    "server": Purpose.TLS_SERVER,
    "client": Purpose.TLS_CLIENT,
    "any": Purpose.ANY,
}
_SUMMARIES: Final = {Outcome.FAILED: "invalid", Outcome.UNKNOWN: "undetermined"}


@click.group()
def cert() -> None:
    """Judge certificates.

    Example: mssmail cert verify peer.crt --anchors certs/anchors --crls crls --purpose server
    """


@cert.command()
@click.argument("file", type=existing_file)
@click.option(
    "--purpose", type=click.Choice(list(_PURPOSES)), default="any", show_default=True,
    help="What the certificate is to be used for; any asks RFC 5280 alone.",
)  # fmt: skip
@click.option("--at", type=MOMENT, help="Judge as of this moment (ISO 8601); now when left out.")
@judging_options
@json_option
def verify(file: Path, *, purpose: str, at: datetime | None, judging: Judging, as_json: bool) -> int:
    """Judge the certificate in FILE (PEM or DER); further ones in it help to build paths.

    Exit 0 valid, 1 invalid, 2 undetermined (a revocation list is missing or not in force), 64 bad usage.

    Example: mssmail cert verify alice.crt --anchors ca --crls crls --purpose smime --json
    """
    store, faults = judging.load()
    moment = at or read_clock()
    result, leaf = _judge(file, store, _PURPOSES[purpose], moment)
    summary = _SUMMARIES.get(result.outcome, "valid")
    if as_json:
        print_json({**_encode(summary, result, leaf, store, moment), "purpose": purpose, "trust_faults": list(faults)})
    else:
        _print(summary, result, moment)
    return EXIT_CODES[summary]


@cert.command()
@config_option
@json_option
def status(config: Path, *, as_json: bool) -> int:
    """Show how long everything lasts: own, anchors, intermediates, lists, the list's signer, and every peer seen.

    Exit 1 when something has ended or cannot be used.

    Example: mssmail cert status --config /etc/mssmail/mssmail.toml
    """
    settings, now = read_config(config), read_clock()
    known = load_known_trust(settings, now)
    snapshot = known.store.snapshot
    held = Held(snapshot.anchors, snapshot.intermediates, known.crls, known.list_signer)
    peers = ask_store(settings, list_peers)
    found = list_standings(settings, held, peers, now)
    if as_json:
        print_json([asdict(standing) for standing in found])
    else:
        print_table(("what", "name", "ends", "days left", "notes"), [_list_cells(each) for each in found])
    return int(any(each.fault or (each.days_left is not None and each.days_left < 0) for each in found))


def _list_cells(standing: Standing) -> tuple[object, ...]:
    ends = "" if standing.ends_at is None else f"{standing.ends_at:%Y-%m-%d}"
    return standing.kind, standing.name, ends, standing.days_left, standing.fault or standing.note


def _judge(file: Path, store: TrustStore, purpose: Purpose, at: datetime) -> tuple[PathResult, Link | None]:
    """A certificate nobody can read is invalid, not a fault of ours."""
    try:
        leaf, *more = split_certificates(file.read_bytes())
        return verify_path(leaf, more, store, purpose, at), store.load_link(leaf)
    except BadCertificate as fault:
        return PathResult(Fact(Outcome.FAILED, str(fault)), SKIPPED, SKIPPED, SKIPPED), None


def _encode(summary: str, result: PathResult, leaf: Link | None, store: TrustStore, at: datetime) -> dict[str, object]:
    return {
        "summary": summary,
        "reason": result.reason,
        "certificate": None if leaf is None else _encode_link(leaf),
        "facts": {
            name: {"value": fact.outcome.value, "reason": fact.reason}
            for name, fact in zip(("chain", "dates", "revocation", "usage"), result.facts, strict=True)
        },
        "path": [_encode_link(store.load_link(der)) for der in result.path],
        "sources": [source.encode(at) for source in result.proof.sources],
        "policies": list(result.policies),
        "missing": list(name_issuers(result.missing)),
    }


def _encode_link(link: Link) -> dict[str, object]:
    return {
        "subject": link.subject_text,
        "issuer": link.issuer_text,
        "serial": f"{link.serial:X}",
        "fingerprint": link.fingerprint,
        "not_before": link.not_before.isoformat(),
        "not_after": link.not_after.isoformat(),
    }


def _print(summary: str, result: PathResult, at: datetime) -> None:
    print_table(("", ""), [("summary", summary), ("reason", result.reason)])
    rows = [
        (name, Text(fact.outcome.value, FACT_STYLES[fact.outcome]), fact.reason)
        for name, fact in zip(("chain", "dates", "revocation", "usage"), result.facts, strict=True)
    ]
    print_table(("question", "answer", "why"), rows)
    print_proof(result.proof, at)
