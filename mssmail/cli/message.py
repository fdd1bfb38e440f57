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
from mssmail.core.verdict import Outcome
from mssmail.examine import MessageReport, build_report
from mssmail.settings import SmimeMode
from mssmail.store.engine import Connection
from mssmail.store.messages import KeptMessage, find_by_trace, load_message

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
            ("signer", "" if signer is None else f"{', '.join(signer.emails)} ({signer.subject})"),
        ],
    )
    rows = [
        (name, Text(fact.outcome.value, FACT_STYLES[fact.outcome]), fact.reason)
        for name, fact in report.verdict.facts.items()
    ]
    print_table(("question", "answer", "why"), rows)


@message.command()
@click.argument("id")
@click.option(
    "--evidence", is_flag=True, help="With everything judging found: facts, signer, decision, list generation."
)
@config_option
@json_option
def show(id: str, config: Path, *, evidence: bool, as_json: bool) -> int:
    """Show what is kept of the message with this ID (from a 250 reply, Received, log or journal), without its content.

    The verdict is the one at reception. Exit 1 when no such message is kept.

    Example: mssmail message show 0mwqwifpk99m8ok1ut --evidence
    """

    def load(conn: Connection) -> list[KeptMessage]:
        found = (load_message(conn, each) for each in find_by_trace(conn, id.strip("()<> ")))
        return [kept for kept in found if kept is not None]

    found = [_describe_kept(kept, evidence=evidence) for kept in ask_store(read_config(config), load)]
    if as_json:
        print_json(found)
    else:
        for facts in found:
            print_table(("", ""), list(flatten_facts(facts)))
    if not found:
        click.echo(f"no message {id} is kept here", err=True)
    return 0 if found else 1


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
