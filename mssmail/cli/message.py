"""``mssmail message``: judge a message without a server, one question at a time."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.text import Text

from mssmail.cli.explain import flatten_facts
from mssmail.cli.files import existing_file
from mssmail.cli.judging import Judging, judging_options
from mssmail.cli.moments import MOMENT
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.cli.quarantine import quarantine
from mssmail.cli.store import ask_store
from mssmail.core.clock import read_clock
from mssmail.core.proof import Proof, StatusSource
from mssmail.core.verdict import Outcome
from mssmail.examine import MessageReport, build_report
from mssmail.journal import Event
from mssmail.settings import SmimeMode
from mssmail.store.engine import Connection
from mssmail.store.journal import read_entries
from mssmail.store.messages import KeptMessage, find_by_trace, load_message
from mssmail.store.receipts import list_receipts
from mssmail.store.signers import News, list_news

EXIT_CODES: Mapping[str, int] = {"accept": 0, "refuse": 1, "defer": 2}
FACT_STYLES: Mapping[Outcome, str] = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.UNKNOWN: "yellow",
    Outcome.SKIPPED: "dim",
}


@click.group()
def message() -> None:
    """Judge messages.

    Example: mssmail message verify letter.eml --anchors certs/anchors --crls crls
    """


message.add_command(quarantine)


@message.command()
@click.argument("file", type=existing_file)
@click.option("--at", type=MOMENT, help="Judge as of this moment (ISO 8601); now when left out.")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in SmimeMode]), default="require", show_default=True,
    help="What the recipient's domain asks of a signature.",
)  # fmt: skip
@click.option("--accept-encrypted", is_flag=True, help="Take encrypted mail without an outer signature.")
@click.option("--no-author-rule", is_flag=True, help="The signer need not be the author.")
@judging_options
@json_option
def verify(
    file: Path,
    *,
    at: datetime | None,
    mode: str,
    accept_encrypted: bool,
    no_author_rule: bool,
    judging: Judging,
    as_json: bool,
) -> int:
    """Judge FILE as mail from a peer would be judged at the end of DATA; no white list is asked.

    Exit 0 accept, 1 refuse, 2 defer (something on our side is missing), 64 bad usage. A file with only bare LF
    is read as if it had come by SMTP, with CRLF.

    Example: mssmail message verify letter.eml --anchors ca.pem --revocation off --json
    """
    store, faults = judging.load(author_rule=not no_author_rule)
    data = read_message(file)
    report = build_report(data, store, at or read_clock(), mode=SmimeMode(mode), accept_encrypted=accept_encrypted)
    if as_json:
        print_json({**report.encode(), "trust_faults": list(faults)})
    else:
        _print_report(report)
    return EXIT_CODES[report.answer]


def print_proof(proof: Proof, at: datetime) -> None:
    """The path, and the lists and answers asked, with their ages."""
    if proof.path:
        print_table(("path", "until"), [(step.subject, f"{step.not_after:%Y-%m-%d %H:%M}Z") for step in proof.path])
    if proof.sources:
        rows = [
            (source.kind, source.issuer, "" if source.number is None else source.number, _describe_age(source, at))
            for source in proof.sources
        ]
        print_table(("status from", "issuer", "number", "age"), rows)


def _describe_age(source: StatusSource, at: datetime) -> str:
    until = "" if source.next_update is None else f", next by {source.next_update:%Y-%m-%d %H:%M}Z"
    hours = (at - source.this_update).total_seconds() / 3_600
    return f"{hours:.1f} h{until}"


def read_message(file: Path) -> bytes:
    """The file's bytes as SMTP would have brought them: a file that knows no CRLF gets them."""
    data = file.read_bytes()
    return data if b"\r\n" in data else data.replace(b"\n", b"\r\n")


def _print_report(report: MessageReport) -> None:
    shown = report.encode()
    signer = report.verdict.signer
    print_table(
        ("", ""),
        [
            ("summary", shown["summary"]),
            ("decision", f"{report.answer} ({report.decision.rule})"),
            ("reply", shown["reply"]),
            ("author", ", ".join(map(str, report.authors))),
            ("signer", "" if signer is None else f"{', '.join(signer.emails) or 'no address'} ({signer.subject})"),
        ],
    )
    rows = [
        (name, Text(fact.outcome.value, FACT_STYLES[fact.outcome]), fact.reason)
        for name, fact in report.verdict.facts.items()
    ]
    print_table(("question", "answer", "why"), rows)
    print_proof(report.verdict.proof, report.at)
    notices = [(notice.oddity.value, notice.reason) for notice in report.notices]
    if notices:
        print_table(("odd", "why"), notices)
    inner = [(kind, type(verdict.summary).__name__) for kind, verdict in report.inner]
    if inner:
        print_table(("signed within", "summary"), inner)


@message.command()
@click.argument("id")
@click.option(
    "--evidence", is_flag=True, help="With everything judging found: facts, signer, decision, list generation."
)
@config_option
@json_option
def show(id: str, config: Path, *, evidence: bool, as_json: bool) -> int:
    """Show what is kept of the message with this ID (from a 250 reply, Received, log or journal), without its content.

    The verdict is the one at reception; what was learnt later stands in dated lines of its own (news). With it stand
    the receipts that confirmed it, and those our machines' accounts sent for it; they are shown also when the message
    itself has gone. Exit 1 when nothing is known of it.

    Example: mssmail message show 0mwqwifpk99m8ok1ut --evidence
    """
    trace_id = id.strip("()<> ")
    news: list[list[dict[str, object]]] = []

    def load(conn: Connection) -> tuple[list[KeptMessage], Mapping[str, object]]:
        found = (load_message(conn, each) for each in find_by_trace(conn, trace_id))
        kept = [each for each in found if each is not None]
        news.extend([_describe_news(line) for line in list_news(conn, each.id)] for each in kept)
        return kept, _find_receipts(conn, trace_id)

    messages, receipts = ask_store(read_config(config), load)
    found = [
        {**_describe_kept(kept, evidence=evidence), **({"news": lines} if lines else {}), **receipts}
        for kept, lines in zip(messages, news, strict=True)
    ]
    if not found and receipts:
        found = [{"id": trace_id, "kept": False, **receipts}]
    if as_json:
        print_json(found)
    else:
        for facts in found:
            print_table(("", ""), list(flatten_facts(facts)))
    if not found:
        click.echo(f"no message {id} is kept here", err=True)
    return 0 if found else 1


def _find_receipts(conn: Connection, trace_id: str) -> Mapping[str, object]:
    """``confirmed``: what receipts told of it; ``receipts``: those owed or sent for it. Absent when there are none."""
    entries = [kept.entry for kept in read_entries(conn, trace_id=trace_id, event=Event.CONFIRMED)]
    confirmed = [{"at": entry.at.isoformat(timespec="seconds"), **entry.facts} for entry in entries]
    owed = [
        {
            "account": str(kept.order.recipient),
            "state": kept.state.value,
            "disposition": kept.order.disposition.type.value,
            "code": None if kept.order.disposition.error is None else kept.order.disposition.error.value,
            "outcome": kept.outcome,
        }
        for kept in list_receipts(conn, trace_id)
    ]
    return ({"confirmed": confirmed} if confirmed else {}) | ({"receipts": owed} if owed else {})


def _describe_news(line: News) -> dict[str, object]:
    return {"at": line.at.isoformat(), "kind": line.kind, **line.facts}


def _describe_kept(kept: KeptMessage, *, evidence: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "id": kept.trace_id,
        "sha256": kept.sha256,
        "octets": len(kept.data),
        "from": str(kept.reverse_path) if kept.reverse_path else "<>",
        "received_at": kept.received_at.isoformat(),
        "summary": kept.summary,
    }
    return {**facts, "evidence": json.loads(kept.evidence or "{}")} if evidence else facts
