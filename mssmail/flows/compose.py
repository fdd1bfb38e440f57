"""What submission may do to a message: take Bcc out, put Date and Message-ID in. By offsets; nothing is rewritten.

Only the outermost header is touched. What a signature covers begins below it, so a message its author signed stays
signed (RFC 8551 §3.1 signs the MIME entity, RFC 6409 §8 allows these changes).
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from mssmail.core.message import Span
from mssmail.mime.headers import Field, select_fields, split_fields

# Return-Path is for the last server to write; a message that sets out with one would arrive with two (RFC 5321 §4.4).
# Delivered-To tells of an earlier delivery: sent anew, the message would be taken for one that goes in circles.
_HIDDEN: Final = ("bcc", "resent-bcc", "return-path", "delivered-to")


def complete_message(data: bytes, header: Span, message_id: str, at: datetime) -> bytes:
    """The message as it goes out, before it is signed; the very same bytes when nothing is wanting."""
    fields = split_fields(data, header)
    keys = {field.key for field in fields}
    added = b""
    if "date" not in keys:  # RFC 6409 §8.2
        added += f"Date: {format_datetime(at)}\r\n".encode("ascii")
    if "message-id" not in keys:  # RFC 6409 §8.3
        added += f"Message-ID: <{message_id}>\r\n".encode("ascii")
    return added + _cut(data, select_fields(data, header, *_HIDDEN))


def _cut(data: bytes, fields: Sequence[Field]) -> bytes:
    pieces, start = [], 0
    for field in fields:
        pieces.append(data[start : field.span.start])
        start = field.span.end
    return b"".join((*pieces, data[start:])) if fields else data
