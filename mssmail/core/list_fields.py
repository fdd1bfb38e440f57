"""The fields that tell a reader which list a message came by (RFC 2369, RFC 2919). They stand above the message."""

import re
from email.header import Header
from urllib.parse import quote

from mssmail.core.address import Address
from mssmail.core.lists import MailList, Posting

_NOT_IN_LABEL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")


def build_list_id(address: Address) -> str:
    """The identifier of a list (RFC 2919 §3): label, dot, the domain of those who keep it."""
    return f"{_NOT_IN_LABEL.sub('-', address.local).strip('.')}.{address.domain}".lower()


def build_list_fields(found: MailList) -> bytes:
    """All fields, each a line of its own.

    Whoever is on an alert list is on it by duty: nobody leaves by a click. List-Unsubscribe writes to the owner, a
    person (RFC 2369 §3.2). Precedence is no standard's, but what automatic answerers look at (RFC 3834 §2).
    """
    owner, subject = _encode_mail(found.owner), quote(str(found.address), safe="")
    is_open = found.posting is not Posting.CLOSED
    return (
        _build_field("List-Id", f"{_encode_phrase(found.name)}<{build_list_id(found.address)}>")
        + _build_field("List-Help", f"<mailto:{owner}?subject=help%20{subject}>")
        + _build_field("List-Owner", f"<mailto:{owner}>")
        + _build_field("List-Post", f"<mailto:{_encode_mail(found.address)}>" if is_open else "NO")
        + _build_field("List-Unsubscribe", f"<mailto:{owner}?subject=unsubscribe%20{subject}>")
        + _build_field("Precedence", "list")
    )


def _encode_mail(address: Address) -> str:
    """An address as RFC 6068 §2 writes it in a mailto URI."""
    return quote(str(address), safe="@")


def _encode_phrase(name: str) -> str:
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:100]
    if not cleaned:
        return ""
    if not cleaned.isascii():
        return Header(cleaned, "utf-8", maxlinelen=900).encode() + " "
    escaped = cleaned.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '


def _build_field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()
