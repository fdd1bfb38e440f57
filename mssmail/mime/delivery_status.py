"""What a delivery report says of each recipient (RFC 3464 §2), and what it returns of the message."""

import re
from dataclasses import dataclass
from typing import Final

from mssmail.core.message import Span
from mssmail.core.report import Action
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import Field, split_fields
from mssmail.mime.lexical import unfold
from mssmail.mime.receipt import find_report_part
from mssmail.mime.text import decode_body
from mssmail.mime.tree import Part

_MAX_STATUS_BYTES: Final = 262_144
_MAX_RETURNED_BYTES: Final = 65_536
_MAX_GROUPS: Final = 1_000
_MAX_VALUE: Final = 500
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ACTIONS: Final = {action.value: action for action in Action}


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """One recipient's fate. Addresses without their type, empty when missing; so are status and diagnostic."""

    action: Action
    final: str
    original: str = ""
    status: str = ""
    diagnostic: str = ""  # as SMTP said it, without "smtp;"


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """A report, read. ``returned`` is the header of the message it is about, as far as it is there."""

    recipients: tuple[RecipientStatus, ...]
    returned: bytes = b""


def read_delivery_status(data: bytes, root: Part) -> DeliveryStatus | None:
    """The report in a message, signed or not; None when it is none, or tells of nobody. Never raises."""
    report = find_report_part(root)
    if report is None or (report.find_param("report-type") or "").lower() != "delivery-status":
        return None
    told = [part for part in report.children if part.subtype in {"delivery-status", "global-delivery-status"}]
    if not told:
        return None
    raw = data[told[0].body.start : min(told[0].body.end, told[0].body.start + _MAX_STATUS_BYTES)]
    groups = _split_groups(decode_body(raw, told[0].encoding))[1 : _MAX_GROUPS + 1]  # the first is about the message
    recipients = tuple(status for status in map(_read_group, groups) if status is not None)
    return DeliveryStatus(recipients, _read_returned(data, report)) if recipients else None


def _split_groups(raw: bytes) -> list[bytes]:
    groups = re.split(rb"(?:\r?\n)[ \t]*(?:\r?\n)+", raw.strip(b"\r\n"))
    return [group for group in groups if group.strip()]


def _read_group(raw: bytes) -> RecipientStatus | None:
    values: dict[str, str] = {}
    for field in split_fields(raw, Span(0, len(raw))):
        values.setdefault(field.key, _read(raw, field))
    action = _ACTIONS.get(values.get("action", "").lower())
    final = _strip_type(values.get("final-recipient", ""))
    if action is None or not final:
        return None
    status = _STATUS.match(values.get("status", ""))
    return RecipientStatus(
        action,
        final,
        _strip_type(values.get("original-recipient", "")),
        status[0] if status else "",
        _strip_type(values.get("diagnostic-code", "")),
    )


def _read_returned(data: bytes, report: Part) -> bytes:
    for part in report.children:
        if (part.type, part.subtype) in {("text", "rfc822-headers"), ("message", "rfc822"), ("message", "global")}:
            raw = decode_body(data[part.body.start : part.body.end], part.encoding)[:_MAX_RETURNED_BYTES]
            end = raw.find(b"\r\n\r\n")
            return raw if end < 0 else raw[: end + 4]
    return b""


def _strip_type(text: str) -> str:
    """``rfc822; a@b`` → ``a@b`` (RFC 3464 §2.1.2)."""
    return text.partition(";")[2].strip()[:_MAX_VALUE] if ";" in text else ""


def _read(raw: bytes, field: Field) -> str:
    return " ".join(decode_text(unfold(raw[field.value.start : field.value.end])).split())[: 2 * _MAX_VALUE]
