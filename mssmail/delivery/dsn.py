"""Delivery status notifications: the sender is told plainly what happened (RFC 3464 in RFC 6522's multipart/report)."""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mssmail.core.address import Address
from mssmail.core.reply import Reply

_MAX_HEADER_BYTES = 65_536
_MAX_LINE = 998  # RFC 5322 §2.1.1
_NAME = "Remise du courrier / Mail delivery"


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """Who did not get it, and why: the peer's words if it said any (``server`` is then its name), else ours."""

    address: Address
    reply: Reply | None
    reason: str
    server: str = ""
    attempted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The message that could not be delivered. ``data`` is the whole of it; only its header is returned."""

    sender: Address
    data: bytes
    trace_id: str
    arrived_at: datetime
    failures: tuple[FailedRecipient, ...]


def build_failure_report(undelivered: Undelivered, author: Address, reporting_mta: str, id: str, at: datetime) -> bytes:
    """The report as a message, unsigned; ``id`` is its own and goes into Message-ID and boundary.

    It is to be sent with a null reverse path (RFC 5321 §4.5.5), and never about a message that had one.
    """
    boundary = f"=_report_{id}"
    header = (
        f"Date: {format_datetime(at)}",
        f"From: {_NAME} <{author}>",
        f"To: <{undelivered.sender}>",
        "Subject: Message non remis / Undelivered mail",
        f"Message-ID: <{id}@{author.domain}>",
        "Auto-Submitted: auto-replied",  # RFC 3834 §5
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        "",
    )
    parts = (
        _build_part("text/plain; charset=utf-8", _build_text(undelivered).encode()),
        _build_part("message/delivery-status", _build_status(undelivered, reporting_mta).encode("ascii")),
        _build_part("text/rfc822-headers", cut_header(undelivered.data)),
    )
    line = f"--{boundary}".encode("ascii")
    body = b"".join(line + b"\r\n" + part for part in parts)
    return "\r\n".join(header).encode("ascii") + body + line + b"--\r\n"


def cut_header(data: bytes) -> bytes:
    """The header of a message with its last line end, or as many whole lines of it as are worth returning."""
    if data.startswith(b"\r\n"):
        return b""
    end = data.find(b"\r\n\r\n")
    header = data if end < 0 else data[: end + 2]
    if len(header) > _MAX_HEADER_BYTES:
        header = header[: header.rfind(b"\r\n", 0, _MAX_HEADER_BYTES) + 2]
    return header


def _build_part(content_type: str, content: bytes) -> bytes:
    """A part that any hop can carry: what is not short lines of ASCII becomes quoted-printable."""
    lines = content.split(b"\r\n")
    if content.isascii() and all(len(line) <= _MAX_LINE for line in lines) and b"\0" not in content:
        head = f"Content-Type: {content_type}\r\n\r\n"
    else:
        head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        content = b"\r\n".join(b2a_qp(line, istext=False).replace(b"\n", b"\r\n") for line in lines)
    return head.encode("ascii") + content + b"\r\n"  # which belongs to the boundary (RFC 2046 §5.1.1)


def _build_text(undelivered: Undelivered) -> str:
    many = len(undelivered.failures) > 1
    lines = [
        "Votre message n'a pas pu être remis " + ("aux destinataires suivants :" if many else "au destinataire :"),
        "",
        *_list_failures(undelivered.failures, "Réponse de son serveur :"),
        "Il n'y aura plus d'autre tentative. L'en-tête de votre message est joint.",
        "",
        "--",
        "",
        "Your message could not be delivered to " + ("these recipients:" if many else "this recipient:"),
        "",
        *_list_failures(undelivered.failures, "Its server answered:"),
        "It will not be tried again. The header of your message is attached.",
        "",
        f"Référence / Reference: {undelivered.trace_id}",
        "",
    ]
    return "\r\n".join(lines)


def _list_failures(failures: Sequence[FailedRecipient], answered: str) -> list[str]:
    lines = []
    for failure in failures:
        reason = _clean(failure.reason if failure.reply is None else str(failure.reply))
        said_by_peer = failure.reply is not None and failure.server
        lines += [f"  {failure.address}", f"  {answered} {reason}" if said_by_peer else f"  {reason}", ""]
    return lines


def _build_status(undelivered: Undelivered, reporting_mta: str) -> str:
    lines = [f"Reporting-MTA: dns; {reporting_mta}", f"Arrival-Date: {format_datetime(undelivered.arrived_at)}", ""]
    for failure in undelivered.failures:
        lines += [
            f"Final-Recipient: rfc822; {failure.address}",
            "Action: failed",
            f"Status: {_find_status(failure.reply)}",
        ]
        if failure.server:
            lines.append(f"Remote-MTA: dns; {_clean(failure.server, 200)}")
        if failure.reply is not None:
            lines.append(f"Diagnostic-Code: smtp; {_clean(str(failure.reply))}")
        if failure.attempted_at is not None:
            lines.append(f"Last-Attempt-Date: {format_datetime(failure.attempted_at)}")
        lines.append("")
    return "\r\n".join(lines)


def _find_status(reply: Reply | None) -> str:
    if reply is None or reply.code < 400:
        return "4.4.7"  # RFC 3463 §3.5, delivery time expired: nobody ever refused it
    return reply.status or f"{reply.code // 100}.0.0"


def _clean(text: str, longest: int = 900) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", text)[:longest]
