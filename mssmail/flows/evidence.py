"""What is written down about a message: facts for the journal, and the evidence kept beside it. Never its content."""

import json
from collections.abc import Mapping
from datetime import datetime

from mssmail.core.decision import Decision, Refuse
from mssmail.core.envelope import Envelope, Peer
from mssmail.core.examination import Examination
from mssmail.core.verdict import Structure, Verdict
from mssmail.core.whitelist import WhiteList

_encoder = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"))


def describe_peer(peer: Peer) -> dict[str, object]:
    """Who is at the other end of the connection."""
    facts: dict[str, object] = {"peer": peer.address, "port": peer.port, "helo": peer.helo[:255]}
    if peer.tls is not None:
        facts |= {"tls": peer.tls.version, "cipher": peer.tls.cipher}
    if peer.fingerprint:
        facts |= {"subject": peer.subject, "fingerprint": peer.fingerprint}
    return facts


def describe_envelope(envelope: Envelope) -> dict[str, object]:
    """Who sends what to whom."""
    facts = describe_peer(envelope.peer) | {
        "from": f"<{envelope.reverse_path or ''}>",
        "to": [str(recipient) for recipient in envelope.recipients],
        "octets": len(envelope.message),
        "sha256": envelope.message.sha256,
    }
    asked = {str(recipient): parameters.encode() for recipient, parameters in envelope.asked.items()}
    more = {"parameters": envelope.parameters.encode(), "asked": asked, "login": envelope.login and str(envelope.login)}
    return facts | {name: fact for name, fact in more.items() if fact}


def describe_verdict(verdict: Verdict) -> dict[str, object]:
    """The verdict in a word, why, and by whom it was signed."""
    facts: dict[str, object] = {"verdict": summarise(verdict)}
    if verdict.structure is Structure.SIGNED:
        facts["facts"] = {name: f"{fact.outcome.value}: {fact.reason}" for name, fact in verdict.facts.items()}
    if verdict.signer is not None:
        facts["signer"] = verdict.signer.subject
        facts["signer_fingerprint"] = verdict.signer.fingerprint
    return facts


def summarise(verdict: Verdict) -> str:
    """The verdict's summary as one lower-case word."""
    return type(verdict.summary).__name__.lower()


def describe_notices(examination: Examination) -> dict[str, object]:
    """Where the message may show something else than what was checked: each oddity by its name."""
    found = {notice.oddity.value: notice.reason for notice in reversed(examination.notices)}
    return {"notices": found} if found else {}


def describe_proof(examination: Examination, at: datetime) -> dict[str, object]:
    """The path and the lists that a verdict rests on, when there is one."""
    proof = examination.verdict.proof
    return proof.encode(at) if proof.path else {}


def describe_decision(decision: Decision) -> dict[str, object]:
    """The rule that decided, and what the other side was told."""
    facts: dict[str, object] = {"rule": decision.rule}
    return facts | ({"reply": str(decision.reply)} if isinstance(decision, Refuse) else {})


def encode_evidence(
    described: Mapping[str, object], examination: Examination, white_list: WhiteList | None, at: datetime
) -> str:
    """What judging found, as JSON, kept with the message; ``described`` are envelope, verdict and decision."""
    facts = {
        **described,
        "authors": [str(author) for author in examination.authors],
        "mime_faults": list(examination.faults),
        **examination.verdict.proof.encode(at),
        "white_list": white_list.sha256 if white_list else None,
        "white_list_generated_at": white_list.generated_at if white_list else None,
        "at": at,
    }
    return _encoder.encode(facts)
