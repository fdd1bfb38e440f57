"""An Examination as bytes: JSON for what is text, the blobs of the index raw behind it.

Decoding trusts nothing: the worker that wrote this has parsed hostile bytes. Every field is checked for its type, and
whatever does not fit is a WorkerFault.
"""

import json
import struct
from datetime import UTC
from functools import lru_cache

from mssmail.core.address import Address
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.examination import Examination, Index
from mssmail.core.findings import NO_FINDINGS
from mssmail.core.message import Span
from mssmail.core.missing import MissingStatus
from mssmail.core.proof import Proof
from mssmail.core.verdict import Fact, Facts, Outcome, Signer, SignerKind, Structure, Verdict
from mssmail.errors import BadSyntax, WorkerFault
from mssmail.workers.checked import require_list, require_moment, require_text
from mssmail.workers.findings_codec import decode_findings, encode_findings
from mssmail.workers.listing_codec import decode_listing, encode_listing
from mssmail.workers.proof_codec import decode_proof, encode_proof

_REMEMBERED_TEXT = 8_192  # characters: what is longer is made by somebody who wants to fill our memory
_LENGTHS = struct.Struct("!6I")  # JSON, then envelope, body, bodystructure, parts, listed fields


def encode_examination(examination: Examination) -> bytes:
    """The bytes that ``decode_examination`` reads."""
    index = examination.index
    tree = [
        _encode_verdict(examination.verdict),
        [index.header.start, index.header.end],
        [[cut.start, cut.end] for cut in index.cuts],
        [index.subject, index.sender, index.to, index.cc, index.bcc, index.message_id, index.sent_on],
        [[author.local, author.domain] for author in examination.authors],
        None if examination.sender is None else [examination.sender.local, examination.sender.domain],
        examination.report_type,
        [_encode_missing(each) for each in examination.missing],
        examination.faults,
        [examination.may_hold_documents, examination.may_be_receipt],
        None if examination.findings == NO_FINDINGS else encode_findings(examination.findings),
        encode_listing(index.listing),
        [[notice.oddity.value, notice.reason] for notice in examination.notices],
    ]
    fields = (index.listing and index.listing.fields) or b""
    parts = (json.dumps(tree).encode(), index.envelope, index.body, index.bodystructure, index.parts, fields)
    return b"".join((_LENGTHS.pack(*map(len, parts)), *parts))


def decode_examination(raw: bytes) -> Examination:
    """The examination; raises WorkerFault on anything that is none."""
    try:
        return _build_examination(*_split(raw))
    except (ValueError, TypeError, BadSyntax, struct.error, RecursionError, OverflowError) as error:
        raise WorkerFault("a worker's answer is no examination", cause=type(error).__name__) from error


def _split(raw: bytes) -> tuple[object, list[bytes]]:
    lengths = _LENGTHS.unpack_from(raw)
    if sum(lengths) + _LENGTHS.size != len(raw):
        raise ValueError("lengths do not add up")
    parts, start = [], _LENGTHS.size
    for length in lengths:
        parts.append(raw[start : start + length])
        start += length
    return json.loads(parts[0].decode()), parts[1:]


def _build_examination(tree: object, blobs: list[bytes]) -> Examination:
    (verdict, header, cuts, texts, authors, sender, report_type, missing, faults, chances, findings, keys, notices) = (
        require_list(tree)
    )
    subject, from_, to, cc, bcc, message_id, sent_on = map(require_text, require_list(texts))
    envelope, body, bodystructure, table, fields = blobs
    may_hold_documents, may_be_receipt = require_list(chances)
    index = Index(
        envelope,
        body,
        bodystructure,
        table,
        header=_span(header),
        cuts=tuple(map(_span, require_list(cuts))),
        subject=subject,
        sender=from_,
        to=to,
        cc=cc,
        bcc=bcc,
        message_id=message_id,
        sent_on=sent_on,
        listing=decode_listing(keys, fields),
    )
    return Examination(
        _decode_verdict(verdict),
        index,
        authors=tuple(map(_address, require_list(authors))),
        sender=None if sender is None else _address(sender),
        report_type=require_text(report_type),
        missing=tuple(map(_decode_missing, require_list(missing))),
        faults=tuple(map(require_text, require_list(faults))),
        may_hold_documents=may_hold_documents is True,
        may_be_receipt=may_be_receipt is not False,
        findings=NO_FINDINGS if findings is None else decode_findings(findings),
        notices=tuple(map(_notice, require_list(notices))),
    )


def _encode_missing(missing: MissingStatus) -> list[str]:
    return [missing.issuer, missing.certificate.hex(), missing.issuer_certificate.hex()]


def _decode_missing(tree: object) -> MissingStatus:
    issuer, certificate, issuer_certificate = map(require_text, require_list(tree))
    return MissingStatus(issuer, bytes.fromhex(certificate), bytes.fromhex(issuer_certificate))


def _encode_verdict(verdict: Verdict) -> list[object]:
    facts = [[fact.outcome.value, fact.reason] for _, fact in verdict.facts.items()]
    signer = None if verdict.signer is None else _encode_signer(verdict.signer)
    # A text of its own, so that it need not be read again with each message of one signer.
    return [verdict.structure.value, facts, signer, json.dumps(encode_proof(verdict.proof))]


def _decode_verdict(tree: object) -> Verdict:
    structure, facts, signer, proof = require_list(tree)
    return Verdict(
        Structure(structure),
        Facts(*map(_fact, require_list(facts))),
        None if signer is None else _decode_signer(signer),
        _decode_proof(require_text(proof)),
    )


def _decode_proof(text: str) -> Proof:
    return _remember_proof(text) if len(text) <= _REMEMBERED_TEXT else decode_proof(json.loads(text))


@lru_cache(256)
def _remember_proof(text: str) -> Proof:
    return decode_proof(json.loads(text))


def _encode_signer(signer: Signer) -> list[object]:
    # The serial travels as hexadecimal: 20 octets are more than other readers of JSON take as a number.
    return [
        signer.subject,
        signer.issuer,
        f"{signer.serial:x}",
        signer.emails,
        signer.kind.value,
        signer.fingerprint,
        signer.not_after.astimezone(UTC).isoformat(),
        None if signer.signed_at is None else signer.signed_at.astimezone(UTC).isoformat(),
    ]


def _decode_signer(tree: object) -> Signer:
    subject, issuer, serial, emails, kind, fingerprint, not_after, signed_at = require_list(tree)
    return Signer(
        require_text(subject),
        require_text(issuer),
        int(require_text(serial), 16),
        tuple(map(require_text, require_list(emails))),
        SignerKind(kind),
        require_text(fingerprint),
        require_moment(not_after),
        None if signed_at is None else require_moment(signed_at),
    )


def _fact(tree: object) -> Fact:
    outcome, reason = map(require_text, require_list(tree))
    return _remember_fact(outcome, reason) if len(reason) <= _REMEMBERED_TEXT else Fact(Outcome(outcome), reason)


@lru_cache(1_024)
def _remember_fact(outcome: str, reason: str) -> Fact:
    return Fact(Outcome(outcome), reason)


def _notice(tree: object) -> Notice:
    oddity, reason = require_list(tree)
    return Notice(Oddity(oddity), require_text(reason))


def _address(tree: object) -> Address:
    local, domain = map(require_text, require_list(tree))
    return Address(local, domain)


def _span(tree: object) -> Span:
    start, end = require_list(tree)
    if type(start) is not int or type(end) is not int:
        raise TypeError("a span is two numbers")
    return Span(start, end)
