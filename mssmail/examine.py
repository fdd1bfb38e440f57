"""bytes → Examination: the pure function that workers run; and the report of ``mssmail message verify``.

No I/O, no clock: what judging would have needed and did not have, the examination names in ``missing``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mssmail.core.address import Address
from mssmail.core.appearance import Notice
from mssmail.core.decision import Accept, Decision
from mssmail.core.examination import Examination
from mssmail.core.missing import MissingStatus, name_issuers
from mssmail.core.verdict import Signer, Verdict
from mssmail.documents.glance import may_hold_documents
from mssmail.mime.appearance import find_notices
from mssmail.mime.headers import Authors, find_sender
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan_message
from mssmail.mime.receipt import may_be_receipt
from mssmail.mime.tree import Part
from mssmail.policy.content import ContentFacts, judge_content, judge_oddity
from mssmail.settings import SmimeMode
from mssmail.smime.layers import Entity, find_inner, find_layer_notices, find_signed_entity
from mssmail.smime.protected import find_disagreements
from mssmail.smime.structure import Layer, find_layer
from mssmail.smime.verify import verify_layer, verify_message
from mssmail.trust.snapshot import TrustStore

_MAX_REPORT_TYPE: Final = 64


def examine(data: bytes, trust: TrustStore, at: datetime, *, authserv_id: str, verify: bool) -> Examination:
    """Everything learnt from the bytes; with ``verify`` off the structure is told and no fact is asked."""
    root, authors = scan_message(data)
    layer = find_layer(data, root)
    verdict, missing = _judge(data, layer, authors.addresses, trust, at, verify=verify)
    return Examination(
        verdict=verdict,
        index=build_index(data, root, authserv_id),
        authors=authors.addresses,
        sender=find_sender(data, root),
        report_type=_find_report_type(root),
        missing=missing,
        may_hold_documents=may_hold_documents(data, root) or layer.is_opaque,
        may_be_receipt=may_be_receipt(data, root.header),
        faults=root.faults,
        notices=_find_notices(data, root, authors, layer, find_signed_entity(data, root, layer)),
    )


def _judge(
    data: bytes, layer: Layer, authors: tuple[Address, ...], trust: TrustStore, at: datetime, *, verify: bool
) -> tuple[Verdict, tuple[MissingStatus, ...]]:
    if verify:
        return verify_layer(data, layer, authors, trust, at)
    return Verdict(layer.structure), ()


def _find_notices(data: bytes, root: Part, authors: Authors, layer: Layer, signed: Entity | None) -> tuple[Notice, ...]:
    """Where the message may show something else than what was checked."""
    disagreements = () if signed is None else find_disagreements(Entity(data, root), signed)
    return (*find_notices(data, root, authors), *disagreements, *find_layer_notices(data, root, layer, signed))


def _find_report_type(root: Part) -> str:
    """Of a top-level multipart/report (RFC 6522 §3), else empty."""
    if root.type != "multipart" or root.subtype != "report":
        return ""
    return (root.find_param("report-type") or "").strip().lower()[:_MAX_REPORT_TYPE]


@dataclass(frozen=True, slots=True)
class MessageReport:
    """The judgement on one message without a server, for people and programs."""

    verdict: Verdict
    decision: Decision
    authors: tuple[Address, ...]
    missing: tuple[MissingStatus, ...]
    at: datetime
    notices: tuple[Notice, ...] = ()
    inner: tuple[tuple[str, Verdict], ...] = ()  # content type and verdict of each signature further in

    @property
    def answer(self) -> str:
        """The decision in a word: accept, refuse or defer."""
        if isinstance(self.decision, Accept):
            return "accept"
        return "defer" if self.decision.is_temporary else "refuse"

    def encode(self) -> dict[str, object]:
        """As JSON shows it: summary, decision, reply, who signed, who wrote, each separate fact."""
        return {
            "summary": type(self.verdict.summary).__name__,
            "decision": self.answer,
            "rule": self.decision.rule,
            "reply": "" if isinstance(self.decision, Accept) else str(self.decision.reply),
            "structure": self.verdict.structure.value,
            "signer": None if self.verdict.signer is None else _encode_signer(self.verdict.signer),
            "author": str(self.authors[0]) if len(self.authors) == 1 else None,
            "facts": {
                name: {"value": fact.outcome.value, "reason": fact.reason} for name, fact in self.verdict.facts.items()
            },
            **self.verdict.proof.encode(self.at),
            "missing": list(name_issuers(self.missing)),
            "notices": [
                {"name": notice.oddity.value, "reason": notice.reason, "decision": _name_ruling(notice)}
                for notice in self.notices
            ],
            "inner": [_encode_inner(kind, verdict) for kind, verdict in self.inner],
        }


def _name_ruling(notice: Notice) -> str:
    return "accept" if judge_oddity(notice) is None else "refuse"


def _encode_inner(kind: str, verdict: Verdict) -> dict[str, object]:
    signer = None if verdict.signer is None else _encode_signer(verdict.signer)
    return {"type": kind, "summary": type(verdict.summary).__name__, "signer": signer}


def _encode_signer(signer: Signer) -> dict[str, object]:
    return {
        "subject": signer.subject,
        "issuer": signer.issuer,
        "serial": f"{signer.serial:X}",
        "emails": list(signer.emails),
        "kind": signer.kind.value,
        "fingerprint": signer.fingerprint,
        "not_after": signer.not_after.isoformat(),
        "signed_at": None if signer.signed_at is None else signer.signed_at.isoformat(),
    }


def build_report(
    data: bytes, trust: TrustStore, at: datetime, *, mode: SmimeMode, accept_encrypted: bool = False
) -> MessageReport:
    """Judge the bytes as mail from a peer would be at the end of DATA, without asking a white list."""
    root, authors = scan_message(data)
    layer = find_layer(data, root)
    verify = mode is not SmimeMode.OFF
    verdict, missing = _judge(data, layer, authors.addresses, trust, at, verify=verify)
    signed = find_signed_entity(data, root, layer)
    notices = _find_notices(data, root, authors, layer, signed)
    facts = ContentFacts(verdict, authors.addresses, report_type=_find_report_type(root), notices=notices)
    decision = judge_content(facts, mode, accept_encrypted=accept_encrypted, ask_white_list=False)
    inner = tuple(
        (f"{each.part.type}/{each.part.subtype}", verify_message(each.data, each.part, authors.addresses, trust, at)[0])
        for each in (find_inner(data, root, signed) if verify else ())
    )
    return MessageReport(verdict, decision, authors.addresses, missing, at, notices, inner)
