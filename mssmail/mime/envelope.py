"""ENVELOPE (RFC 9051 §7.5.2, RFC 3501 §7.4.2): the fields of a message's header as IMAP clients list them.

Values stand as written, unfolded, encoded words still encoded. A field that is absent is NIL, one that is empty is
``""``; an address list is NIL in both cases, but Sender and Reply-To are then those of From.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mssmail.core.message import Span
from mssmail.mime.addresses import Group, Mailbox, parse_addresses
from mssmail.mime.headers import clip_header, select_fields
from mssmail.mime.nstring import NIL, encode_nstring, encode_string
from mssmail.mime.tree import Part

_LISTS = ("from", "sender", "reply-to", "to", "cc", "bcc")
_TEXTS = ("date", "subject", "in-reply-to", "message-id")


@dataclass(frozen=True, slots=True)
class EnvelopeFields:
    """The fields an envelope is made of. Of a text that is there twice the first counts; addresses are all kept."""

    texts: Mapping[str, bytes]  # unfolded
    lists: Mapping[str, Sequence[Mailbox | Group]]


def read_envelope(data: bytes, part: Part) -> EnvelopeFields:
    """The fields of a message's header: of the root, or of the message that a message/rfc822 part encloses."""
    return read_fields(data, part.header)


def read_fields(data: bytes, header: Span) -> EnvelopeFields:
    """The same of a header that lies there."""
    texts: dict[str, bytes] = {}
    lists: dict[str, list[Mailbox | Group]] = {key: [] for key in _LISTS}
    for field in select_fields(data, clip_header(header), *_TEXTS, *_LISTS):
        if field.key in lists:
            lists[field.key].extend(parse_addresses(data[field.value.start : field.value.end]))
        else:
            texts.setdefault(field.key, field.read(data))
    return EnvelopeFields(texts, lists)


def encode_envelope(data: bytes, part: Part) -> bytes:
    """The envelope of a message: of the root, or of the one a message/rfc822 part encloses."""
    return encode_fields(read_envelope(data, part))


def encode_fields(fields: EnvelopeFields) -> bytes:
    """The envelope of these fields."""
    texts, lists = fields.texts, fields.lists
    author = _encode_list(lists["from"])
    parts = [encode_nstring(texts.get("date")), encode_nstring(texts.get("subject")), author]
    for key in _LISTS[1:]:
        encoded = _encode_list(lists[key])
        parts.append(author if encoded == NIL and key in ("sender", "reply-to") else encoded)
    parts += [encode_nstring(texts.get("in-reply-to")), encode_nstring(texts.get("message-id"))]
    return b"(" + b" ".join(parts) + b")"


# env-from = "(" 1*address ")" / nil
def _encode_list(entries: Sequence[Mailbox | Group]) -> bytes:
    encoded = b"".join(_encode_entry(entry) for entry in entries)
    return b"(" + encoded + b")" if encoded else NIL


def _encode_entry(entry: Mailbox | Group) -> bytes:
    if isinstance(entry, Mailbox):
        return _encode_mailbox(entry)
    # [RFC 9051 §7.5.2] a group: its name with a NIL host, the members, and four NILs.
    start = b"(NIL NIL " + encode_string(entry.name) + b" NIL)"
    return start + _encode_mailboxes(entry.members) + b"(NIL NIL NIL NIL)"


def _encode_mailboxes(mailboxes: Iterable[Mailbox]) -> bytes:
    return b"".join(map(_encode_mailbox, mailboxes))


# address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
def _encode_mailbox(mailbox: Mailbox) -> bytes:
    if not mailbox.local and not mailbox.domain:
        return b""  # what could not be read as an address
    # A missing host is the empty string: NIL would begin a group.
    return b"(%b %b %b %b)" % (
        encode_nstring(mailbox.name or None),
        encode_nstring(mailbox.route or None),
        encode_string(mailbox.local),
        encode_string(mailbox.domain),
    )
