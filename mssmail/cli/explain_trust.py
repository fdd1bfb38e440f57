"""``mssmail trust explain``: why mail between two addresses would pass, attribute by attribute."""

from pathlib import Path

import click

from mssmail.app.explanation import Step, explain_incoming, explain_outgoing, load_known_trust
from mssmail.cli.files import existing_file
from mssmail.cli.output import config_option, json_option, print_json, print_table, read_config
from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.decision import Accept
from mssmail.trust.anchors import load_certificates


@click.command("explain")
@click.option("--from", "sender", help="A sender of another operator: would MAIL FROM be taken?")
@click.option("--to", "recipient", help="A recipient at another operator: would we hand mail over?")
@click.option(
    "--peer-cert", type=existing_file, help="The certificate the other server shows, PEM, its chain behind it."
)
@config_option
@json_option
def explain(sender: str | None, recipient: str | None, peer_cert: Path | None, config: Path, *, as_json: bool) -> int:
    """Explain trust: list entry, certificate name attribute by attribute, path, revocation lists, rule and reply.

    Exit 0 when every question is answered yes, 1 otherwise.

    Example: mssmail trust explain --from a@chu-sud.test --peer-cert operator.crt
    """
    if sender is None and recipient is None:
        raise click.UsageError("say --from, --to, or both")
    settings, now = read_config(config), read_clock()
    known = load_known_trust(settings, now)
    chain = load_certificates(peer_cert) if peer_cert else ()
    steps = []
    if sender is not None:
        steps.append(explain_incoming(parse_address(sender), known, chain, settings, now))
    if recipient is not None:
        steps.append(explain_outgoing(parse_address(recipient), known, chain, settings, now))
    if as_json:
        print_json([_describe(step) for step in steps])
    else:
        for step in steps:
            print_table(("", ""), [*step.facts, ("answer", step.answer)], step.question)
    return 0 if all(isinstance(step.decision, Accept) for step in steps) else 1


def _describe(step: Step) -> dict[str, object]:
    return {
        "question": step.question,
        "answer": step.answer,
        "rule": step.decision.rule,
        "facts": [{"name": name, "value": value} for name, value in step.facts],
    }
