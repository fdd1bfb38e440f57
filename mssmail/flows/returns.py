"""Reports that come back to reverse paths of ours: told anew to the author of the message that was sent on.

A peer speaks for its own domains only, so its report would be no one's word at the author's operator; ours is signed
here, and names the address the author wrote to. What is no report (an automatic answer, say) goes on as it is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mssmail.core.address import Address, parse_address
from mssmail.core.envelope import Envelope
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.core.return_path import has_form
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient, clean_text
from mssmail.errors import BadSyntax
from mssmail.flows.intake import Also
from mssmail.flows.reports import Reporter
from mssmail.mime.delivery_status import DeliveryStatus, RecipientStatus, read_delivery_status
from mssmail.mime.parts import scan
from mssmail.policy.report import may_report
from mssmail.store.engine import Connection, Store
from mssmail.store.messages import Delivered, Delivery, deliver
from mssmail.store.return_paths import KeptReturnPath, find_return_path, note_report


@dataclass(frozen=True, slots=True)
class Returned:
    """What is done with a message for reverse paths of ours: ``steps`` in its transaction; ``rest`` is for others."""

    rest: tuple[Address, ...]
    steps: tuple[Also, ...] = ()
    leaves: bool = False  # a dispatcher will have to do


async def plan_returns(store: Store, reporter: Reporter, envelope: Envelope, now: datetime) -> Returned:
    """Reports to our reverse paths become reports of ours; other recipients are left. Raises WorkerFault."""
    if envelope.reverse_path is not None or not any(map(has_form, envelope.recipients)):
        return Returned(envelope.recipients)
    kept = await asyncio.wrap_future(store.read(lambda conn: _find_all(conn, envelope.recipients, now)))
    if not kept:
        return Returned(envelope.recipients)
    data = envelope.message.data
    status = await asyncio.to_thread(lambda: read_delivery_status(data, scan(data)))
    if status is None:
        return Returned(envelope.recipients)
    rest = tuple(each for each in envelope.recipients if each not in kept)
    steps: list[Also] = []
    leaves = False
    for path in kept.values():
        prepared = [await reporter.prepare(report, now) for report in build_reports(path, status, now)]
        told = tuple(report for report in prepared if report is not None)
        steps.append(lambda conn, _delivered, path=path, told=told: _pass_back(conn, path, data, told))  # type: ignore[misc]
        leaves |= any(report.queue for report in told)
    return Returned(rest, tuple(steps), leaves)


def build_reports(path: KeptReturnPath, status: DeliveryStatus, at: datetime) -> list[Report]:
    """Our reports of what a peer's says, one for each kind the author asked for."""
    original = path.original
    message = ReportedMessage(
        original.reverse_path, status.returned or b"\r\n", original.trace_id, at, replace(original.mail, ret="HDRS")
    )
    reports = []
    for action in Action:
        told = tuple(_build_recipient(path, each, at) for each in status.recipients if each.action is action)
        if told and may_report(action, original.reverse_path, original.parameters):
            reports.append(Report(action, message, told))
    return reports


def _build_recipient(path: KeptReturnPath, told: RecipientStatus, at: datetime) -> ReportedRecipient:
    try:
        address = parse_address(told.final)
    except BadSyntax:
        address = path.original.recipient
    reply = read_reply(told)
    reason = clean_text(told.diagnostic or told.status)
    return ReportedRecipient(address, reply, reason, "", at, path.original.parameters.original)


def read_reply(told: RecipientStatus) -> Reply | None:
    """The SMTP reply a report tells of: code and status that agree, else one made from the status; None without."""
    if not told.status or told.status.startswith("2"):
        return None
    text = clean_text(told.diagnostic)
    code = int(text[:3]) if text[:3].isdigit() and text[:1] == told.status[:1] else int(told.status[0]) * 100 + 50
    words = text[3:].strip().removeprefix(told.status).strip() if text[:3].isdigit() else text
    return Reply(code, told.status, words)


def _find_all(conn: Connection, recipients: Sequence[Address], now: datetime) -> dict[Address, KeptReturnPath]:
    found = {each: find_return_path(conn, each, now) for each in recipients}
    return {each: path for each, path in found.items() if path is not None}


def _pass_back(conn: Connection, path: KeptReturnPath, data: bytes, reports: Sequence[Delivery]) -> Delivered | None:
    """Once for each report, however often it is handed in."""
    if not note_report(conn, path.id, data):
        return None
    done = [deliver(conn, report) for report in reports]
    placed = tuple(each for delivered in done for each in delivered.placed)
    return Delivered(0, placed, tuple(each for delivered in done for each in delivered.queue_ids)) if done else None
