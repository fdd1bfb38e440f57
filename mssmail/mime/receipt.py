"""What a message says about receipts: whether it asks for one, and what it tells when it is one (RFC 8098)."""

import re
from typing import Final

from mssmail.core.address import Address
from mssmail.core.message import Span
from mssmail.core.receipt import ReceiptRequest, ReceivedReceipt
from mssmail.mime.addresses import Group, list_mailboxes, read_author
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import Field, find_authors, parse_addresses, select_fields, split_fields
from mssmail.mime.lexical import strip_comments, unfold
from mssmail.mime.text import decode_body
from mssmail.mime.tree import Part

_REQUEST: Final = "disposition-notification-to"
_OPTIONS: Final = "disposition-notification-options"
_LIST_KEYS: Final = ("list-id", "list-post", "list-unsubscribe", "list-help", "mailing-list")
_REPORTS: Final = frozenset({"delivery-status", "disposition-notification", "global-delivery-status"})
_TOLD: Final = frozenset({"disposition-notification", "global-disposition-notification"})
_BULK: Final = frozenset({"bulk", "list", "junk"})
_MAX_FIELDS_BYTES: Final = 65_536
_MAX_VALUE: Final = 998
_WORD: Final = b"disposition-notification"
_PEEKED_BYTES: Final = 16_384  # of the body
# disposition-field = "Disposition:" action-mode "/" sending-mode ";" type [ "/" modifier … ]   RFC 8098 §3.2.6
_DISPOSITION = re.compile(r"\s*([\w-]+)\s*/\s*([\w-]+)\s*;\s*([\w-]+)\s*(?:/\s*(.*))?", re.DOTALL)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")


def may_be_receipt(data: bytes, header: Span) -> bool:
    """False when the message certainly is no receipt: one says what it is in the header of its first part."""
    return _WORD in data[: header.end + _PEEKED_BYTES].lower()


def asks_for_receipt(data: bytes, header: Span) -> bool:
    """There is a Disposition-Notification-To field in this header."""
    return bool(select_fields(data, header, _REQUEST))


def read_request(data: bytes, root: Part) -> ReceiptRequest:
    """What the message's header says about receipts; never raises."""
    header = root.header
    asked = select_fields(data, header, _REQUEST)
    addresses: list[Address] = []
    is_doubtful = len(asked) > 1
    for field in asked:
        entries = parse_addresses(data[field.value.start : field.value.end])
        is_doubtful = is_doubtful or any(isinstance(entry, Group) for entry in entries)
        for mailbox in list_mailboxes(entries):
            address, doubt = read_author(mailbox)
            is_doubtful = is_doubtful or bool(doubt) or address is None
            addresses += [] if address is None else [address]
    return ReceiptRequest(
        to=tuple(addresses),
        is_asked=bool(asked),
        is_doubtful=is_doubtful,
        authors=find_authors(data, root),
        required=_read_required(data, select_fields(data, header, _OPTIONS)),
        is_automatic=_is_automatic(data, select_fields(data, header, "auto-submitted")),
        is_report=find_report_type(root) in _REPORTS,
        is_list=bool(select_fields(data, header, *_LIST_KEYS))
        or any(_read(data, each).lower() in _BULK for each in select_fields(data, header, "precedence")),
    )


def find_report_type(root: Part) -> str:
    """The report-type of a multipart/report, signed or not (RFC 6522 §3); empty when it is none."""
    report = find_report_part(root)
    return "" if report is None else (report.find_param("report-type") or "").lower()


def read_receipt(data: bytes, root: Part) -> ReceivedReceipt | None:
    """The machine-readable part of a receipt; None when the message is none."""
    report = find_report_part(root)
    if report is None or (report.find_param("report-type") or "").lower() != "disposition-notification":
        return None
    told = [part for part in report.children if part.subtype in _TOLD]
    if not told:
        return None
    raw = data[told[0].body.start : min(told[0].body.end, told[0].body.start + _MAX_FIELDS_BYTES)]
    return _parse_fields(decode_body(raw, told[0].encoding))


def _parse_fields(raw: bytes) -> ReceivedReceipt:
    values: dict[str, list[str]] = {}
    for field in split_fields(raw, Span(0, len(raw))):
        values.setdefault(field.key, []).append(_read(raw, field))
    mode, sending, kind, modifier = _read_disposition(next(iter(values.get("disposition", [])), ""))
    errors = values.get("error", []) + values.get("failure", [])
    # Versions of the French guide before 1.1.3 wrote "processed/Error: 902^…" in the Disposition line itself.
    _, marked, text = modifier.partition(":")
    errors += [text.strip()] if marked and modifier.lower().startswith("error") else []
    found = _MESSAGE_ID.search(next(iter(values.get("original-message-id", [])), ""))
    return ReceivedReceipt(
        original_message_id="" if found is None else found[0],
        final_recipient=_read_recipient(next(iter(values.get("final-recipient", [])), "")),
        disposition=kind,
        is_automatic=mode == "automatic-action" or sending == "mdn-sent-automatically",
        errors=tuple(error[:_MAX_VALUE] for error in errors if error)
        or (("",) if modifier.lower().startswith(("error", "failed")) else ()),
    )


def _read_disposition(text: str) -> tuple[str, str, str, str]:
    match = _DISPOSITION.fullmatch(text)
    if match is None:
        return "", "", "", ""
    return match[1].lower(), match[2].lower(), match[3].lower(), (match[4] or "").strip()


def _read_recipient(text: str) -> str:
    """The address after its type: ``rfc822; a@b`` (RFC 8098 §3.2.4)."""
    return text.partition(";")[2].strip()[:_MAX_VALUE]


def find_report_part(root: Part) -> Part | None:
    """The multipart/report that the message is, or that a clear signature is around (RFC 1847)."""
    part = root
    if part.type == "multipart" and part.subtype == "signed" and part.children:
        part = part.children[0]
    return part if part.type == "multipart" and part.subtype == "report" else None


def _read_required(data: bytes, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """Names of the options that say ``required`` (RFC 8098 §2.2: attribute "=" importance "," value …)."""
    names = []
    for field in fields:
        for option in _read(data, field).split(";"):
            name, _, value = option.partition("=")
            if value.partition(",")[0].strip().lower() == "required":
                names.append(name.strip()[:100])
    return tuple(names)


def _is_automatic(data: bytes, fields: tuple[Field, ...]) -> bool:
    return any(_read(data, field).partition(";")[0].strip().lower() != "no" for field in fields)


def _read(data: bytes, field: Field) -> str:
    raw = strip_comments(unfold(data[field.value.start : field.value.end]))
    return decode_text(raw).strip()
