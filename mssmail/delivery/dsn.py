"""Delivery status notifications: the sender is told plainly what happened (RFC 3464 in RFC 6522's multipart/report).

About a message sent under SMTPUTF8 the parts are those of RFC 6533; all of them in ASCII on the wire, so that a report
needs SMTPUTF8 only where the address it goes to does.
"""

from binascii import b2a_qp
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from mssmail.core.address import Address
from mssmail.core.parameters import OriginalRecipient, encode_utf8_address
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.dsn_text import SUBJECTS, build_text
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient, clean_text

_MAX_HEADER_BYTES: Final = 65_536
_MAX_LINE: Final = 998  # RFC 5322 §2.1.1
_NAME: Final = "Remise du courrier / Mail delivery"


def build_report(
    report: Report, author: Address, reporting_mta: str, id: str, at: datetime, *, max_returned_bytes: int = 0
) -> bytes:
    """The report as a message, unsigned; ``id`` is its own and goes into Message-ID and boundary.

    A failed message that is no larger than ``max_returned_bytes`` is returned whole where RET=FULL asks for it; one
    whose octets are not at hand is not returned at all (RFC 6522 §3: the third part is optional). The report is to be
    sent with a null reverse path (RFC 5321 §4.5.5), and never about a message that had one.
    """
    message, boundary = report.message, f"=_report_{id}"
    returns_all = returns_message(report, max_returned_bytes)
    header = (
        f"Date: {format_datetime(at)}",
        f"From: {_NAME} <{author}>",
        f"To: <{message.sender}>",
        f"Subject: {SUBJECTS[report.action]}",
        f"Message-ID: <{id}@{author.domain}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 §5
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        "",
    )
    is_global = message.parameters.is_utf8
    status_type = "message/global-delivery-status" if is_global else "message/delivery-status"
    parts = (
        _build_part("text/plain; charset=utf-8", build_text(report, returns_all=returns_all).encode()),
        _build_part(status_type, _build_status(report, reporting_mta).encode()),
        *([_build_whole(message) if returns_all else _build_header(message)] if message.data else []),
    )
    line = f"--{boundary}".encode("ascii")
    body = b"".join(line + b"\r\n" + part for part in parts)
    return "\r\n".join(header).encode() + body + line + b"--\r\n"


def returns_message(report: Report, max_returned_bytes: int) -> bool:
    """The report gives the whole message back: only a failure, only on request, and never what REQUIRETLS guards.

    RFC 3461 §4.3, RFC 8689 §5.
    """
    message = report.message
    wants = message.parameters.wants_full and not message.parameters.requires_tls
    return wants and report.action is Action.FAILED and len(message.data) <= max_returned_bytes


def cut_header(data: bytes) -> bytes:
    """The header of a message with its last line end, or as many whole lines of it as are worth returning."""
    if data.startswith(b"\r\n"):
        return b""
    end = data.find(b"\r\n\r\n")
    header = data if end < 0 else data[: end + 2]
    if len(header) > _MAX_HEADER_BYTES:
        header = header[: header.rfind(b"\r\n", 0, _MAX_HEADER_BYTES) + 2]
    return header


def _build_header(message: ReportedMessage) -> bytes:
    header = cut_header(message.data)
    is_global = message.parameters.is_utf8 and not header.isascii()
    return _build_part("message/global-headers" if is_global else "text/rfc822-headers", header)


def _build_whole(message: ReportedMessage) -> bytes:
    """message/rfc822 may not be encoded (RFC 2046 §5.2.1), so what is 8-bit stays so; message/global may."""
    data = message.data
    if message.parameters.is_utf8 and not cut_header(data).isascii():
        return _build_part("message/global", data)
    encoding = "" if data.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
    return f"Content-Type: message/rfc822\r\n{encoding}\r\n".encode("ascii") + data + b"\r\n"


def _build_part(content_type: str, content: bytes) -> bytes:
    """A part that any hop can carry: what is not short lines of ASCII becomes quoted-printable."""
    lines = content.split(b"\r\n")
    if content.isascii() and all(len(line) <= _MAX_LINE for line in lines) and b"\0" not in content:
        head = f"Content-Type: {content_type}\r\n\r\n"
    else:
        head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        content = b"\r\n".join(b2a_qp(line, istext=False).replace(b"\n", b"\r\n") for line in lines)
    return head.encode("ascii") + content + b"\r\n"  # which belongs to the boundary (RFC 2046 §5.1.1)


def _build_status(report: Report, reporting_mta: str) -> str:
    message = report.message
    lines = [f"Original-Envelope-Id: {message.parameters.envelope_id}"] if message.parameters.envid else []
    lines += [f"Reporting-MTA: dns; {reporting_mta}", f"Arrival-Date: {format_datetime(message.arrived_at)}", ""]
    for recipient in report.recipients:
        lines += [*_build_recipient(recipient, report.action, is_global=message.parameters.is_utf8), ""]
    return "\r\n".join(lines)


def _build_recipient(recipient: ReportedRecipient, action: Action, *, is_global: bool) -> Sequence[str]:
    lines = []
    if recipient.original is not None:  # RFC 3464 §2.3.1: present when ORCPT was
        lines.append(f"Original-Recipient: {_encode_original(recipient.original, is_global=is_global)}")
    final = str(recipient.address)
    kind = "rfc822" if final.isascii() else "utf-8"
    lines.append(f"Final-Recipient: {_encode_original(OriginalRecipient(kind, final), is_global=is_global)}")
    lines += [f"Action: {action.value}", f"Status: {_find_status(action, recipient.reply)}"]
    if recipient.server:
        lines.append(f"Remote-MTA: dns; {clean_text(recipient.server, 200)}")
    if recipient.reply is not None:
        lines.append(f"Diagnostic-Code: smtp; {clean_text(str(recipient.reply))}")
    if recipient.attempted_at is not None:
        lines.append(f"Last-Attempt-Date: {format_datetime(recipient.attempted_at)}")
    if recipient.will_retry_until is not None:
        lines.append(f"Will-Retry-Until: {format_datetime(recipient.will_retry_until)}")
    return lines


def _encode_original(original: OriginalRecipient, *, is_global: bool) -> str:
    r"""Type and address. Outside message/global-delivery-status, UTF-8 is written ``\x{E9}`` (RFC 6533 §3)."""
    address, kind = original.address, original.type if original.address.isascii() else "utf-8"
    if original.type.lower() == "utf-8":
        kind = original.type
    if kind.lower() == "utf-8" and not is_global:
        address = encode_utf8_address(address)
    return f"{kind}; {address}"


def _find_status(action: Action, reply: Reply | None) -> str:
    """RFC 3463: the peer's, where it said one that fits."""
    if action is Action.FAILED:
        if reply is None or reply.code < 400:
            return "4.4.7"  # RFC 3463 §3.5, delivery time expired: nobody ever refused it
        return reply.status or f"{reply.code // 100}.0.0"
    if action is Action.DELAYED:
        # Whatever else was said, this is not final (RFC 3464 §2.3.4); 4.4.1 is silence.
        return (reply.status or "4.0.0") if reply is not None and reply.is_temporary else "4.4.1"
    return "2.0.0"
