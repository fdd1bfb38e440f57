"""Message disposition notifications: the sender is told what became of a message (RFC 8098 in RFC 6522's report).

Subject and codes follow the French integration guide for documents by mail (trust space MSSanté): a failure reads
``[KO Intégration système !][902] XDM/1.0/DDM+…`` and has the whole message attached.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.base64mime import body_encode
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Final

from mssmail.core.address import Address
from mssmail.core.parameters import encode_utf8_address
from mssmail.core.receipt import Disposition
from mssmail.delivery.dsn import cut_header

FAILURE_MARK: Final = "[KO Intégration système !]"
_MAX_SUBJECT: Final = 900
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,990}>")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt before it is a message. ``data`` is the message it is about, as it came.

    ``original_recipient`` is the address its author wrote, where that is known for certain (RFC 8098 §3.2.3).
    """

    to: Address
    author: Address
    author_name: str
    disposition: Disposition
    data: bytes
    subject: str  # of the message it is about, decoded
    message_id: str  # of the message it is about; empty: it had none
    reporting_ua: str
    original_recipient: Address | None = None


def build_receipt(receipt: Receipt, id: str, at: datetime, *, max_bytes: int) -> bytes:
    """The receipt as a message, unsigned; ``id`` is its own and goes into Message-ID and boundary.

    It is to be sent with a null reverse path (RFC 8098 §3). Of an original beyond ``max_bytes`` only the header is
    attached.
    """
    kind = f'multipart/report; report-type=disposition-notification; boundary="{_name_boundary(id)}"'
    parts = (_build_text(receipt), _build_fields(receipt), _build_original(receipt.data, max_bytes))
    return _assemble(receipt, id, at, ("auto-replied", kind), parts)


def build_error_letter(receipt: Receipt, id: str, at: datetime, *, max_bytes: int) -> bytes:
    """The same tidings as an ordinary letter, for who is appointed to hear of errors whose sender asked for nothing.

    It is to be sent with the author's own reverse path.
    """
    kind = f'multipart/mixed; boundary="{_name_boundary(id)}"'
    parts = (_build_text(receipt), _build_original(receipt.data, max_bytes))
    return _assemble(receipt, id, at, ("auto-generated", kind), parts)


def _name_boundary(id: str) -> str:
    return f"=_receipt_{id}"


def _assemble(receipt: Receipt, id: str, at: datetime, kinds: tuple[str, str], parts: tuple[bytes, ...]) -> bytes:
    """Header and parts; ``kinds`` are the words of Auto-Submitted (RFC 3834 §5) and Content-Type."""
    header = [
        f"Date: {format_datetime(at)}",
        f"From: {_encode_author(receipt)}",
        f"To: <{receipt.to}>",
        f"Subject: {_encode_subject(receipt)}",
        f"Message-ID: <{id}@{receipt.author.domain}>",
        f"Auto-Submitted: {kinds[0]}",
        "MIME-Version: 1.0",
        f"Content-Type: {kinds[1]}",
        "",
        "",
    ]
    if _MESSAGE_ID.fullmatch(receipt.message_id):
        header[5:5] = [f"In-Reply-To: {receipt.message_id}", f"References: {receipt.message_id}"]
    line = f"--{_name_boundary(id)}\r\n".encode("ascii")
    return (
        "\r\n".join(header).encode()  # UTF-8 where an address is (RFC 6532 §3.2)
        + b"".join(line + part + b"\r\n" for part in parts)
        + f"--{_name_boundary(id)}--\r\n".encode("ascii")
    )


def _encode_author(receipt: Receipt) -> str:
    name, author = _clean(receipt.author_name, 200), receipt.author
    if author.is_ascii:
        return formataddr((name, str(author)))
    return f"{Header(name, 'utf-8', maxlinelen=900).encode()} <{author}>" if name else f"<{author}>"


def _encode_address(address: Address) -> str:
    """Type and address as of RFC 8098 §3.2.3; an international one in ASCII (RFC 6533 §3)."""
    return f"rfc822;{address}" if address.is_ascii else f"utf-8;{encode_utf8_address(str(address))}"


def _encode_subject(receipt: Receipt) -> str:
    error = receipt.disposition.error
    subject = _clean(receipt.subject, _MAX_SUBJECT) or "Accusé de traitement / Receipt"
    text = subject if error is None else f"{FAILURE_MARK}[{error.value}] {subject}"
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name="Subject").encode(linesep="\r\n")


def _build_text(receipt: Receipt) -> bytes:
    error, note = receipt.disposition.error, _clean(receipt.disposition.note, 900)
    if error is None:
        french = "a été traité automatiquement. Cela ne dit pas que quelqu'un l'a lu."
        english = "was processed automatically. This does not mean that anybody has read it."
    else:
        french = f"n'a pas pu être intégré : {error.value} {error.label}."
        english = f"could not be filed: {error.value} ({error.name.lower().replace('_', ' ')})."
    lines = [
        f"Votre message à {receipt.author}",
        french,
        *((f"Détail : {note}",) if note else ()),
        "",
        "--",
        "",
        f"Your message to {receipt.author}",
        english,
        *((f"Detail: {note}",) if note else ()),
        "",
    ]
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode("ascii") + _encode_base64("\r\n".join(lines).encode())


def _build_fields(receipt: Receipt) -> bytes:
    """The machine-readable part (RFC 8098 §3.1)."""
    disposition, error = receipt.disposition, receipt.disposition.error
    action = f"automatic-action/MDN-sent-automatically; {disposition.type.value}"
    fields = [f"Reporting-UA: {_clean_ascii(receipt.reporting_ua)}"]
    if receipt.original_recipient is not None:
        fields.append(f"Original-Recipient: {_encode_address(receipt.original_recipient)}")
    fields.append(f"Final-Recipient: {_encode_address(receipt.author)}")
    if _MESSAGE_ID.fullmatch(receipt.message_id):
        fields.append(f"Original-Message-ID: {receipt.message_id}")
    fields.append(f"Disposition: {action}" + ("" if error is None else "/error"))
    if error is not None:
        fields.append(f"Error: {error.value}^{error.label}")
    head = "Content-Type: message/disposition-notification\r\n\r\n"
    return (head + "".join(f"{field}\r\n" for field in fields)).encode("ascii")


def _build_original(data: bytes, max_bytes: int) -> bytes:
    kind = "message/rfc822"
    if len(data) > max_bytes:
        kind, data = "text/rfc822-headers", cut_header(data)
    encoding = "7bit" if data.isascii() else "8bit"  # RFC 2046 §5.2.1: the message is enclosed as it is
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode("ascii") + data


def _encode_base64(raw: bytes) -> bytes:
    return body_encode(raw, 76, eol="\r\n").encode("ascii")


def _clean(text: str, longest: int) -> str:
    """On one line, without control characters; cut."""
    return "".join(each if each.isprintable() else " " for each in text)[:longest].strip()


def _clean_ascii(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", text)[:200]
