"""Annotations on the wire (RFC 5464): the METADATA response, and the commands as a client writes them."""

from collections.abc import Iterable
from dataclasses import dataclass

from mssmail.core.annotation import Annotation
from mssmail.imap.wire.metadata_values import GetMetadata, SetMetadata
from mssmail.imap.wire.utf7 import encode_utf7
from mssmail.imap.wire.writer import (
    NIL,
    encode_astring,
    encode_client_string,
    encode_literal_start,
    encode_mailbox,
    encode_string,
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """``* METADATA``: entries with their values (RFC 5464 §4.4.1)."""

    mailbox: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class ChangedMetadata:
    """``* METADATA``: names of entries that others have changed (RFC 5464 §4.4.2)."""

    mailbox: str
    entries: tuple[str, ...]


# metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
# entry-list = entry *(SP entry)
def encode_metadata(response: Metadata | ChangedMetadata, *, utf8: bool) -> bytes:
    """The line without its CRLF."""
    start = b"* METADATA " + encode_mailbox(response.mailbox, utf8=utf8)
    if isinstance(response, ChangedMetadata):
        return b" ".join([start, *(encode_astring(entry.encode("ascii")) for entry in response.entries)])
    pairs = (encode_astring(each.entry.encode("ascii")) + b" " + _encode_value(each) for each in response.annotations)
    return start + b" (" + b" ".join(pairs) + b")"


def _encode_value(annotation: Annotation) -> bytes:
    value = annotation.value
    if value is None:
        return NIL
    return encode_literal_start(len(value), binary=True) + value if b"\0" in value else encode_string(value)


def encode_metadata_command(body: GetMetadata | SetMetadata, *, utf8: bool) -> bytes:
    """The command without its tag and CRLF."""
    raw = body.mailbox.encode("utf-8") if utf8 else encode_utf7(body.mailbox)
    mailbox = encode_client_string(raw)
    if isinstance(body, SetMetadata):
        return b"SETMETADATA " + mailbox + b" " + _join(map(_encode_change, body.changes))
    options = [] if body.max_size is None else [b"MAXSIZE %d" % body.max_size]
    if body.depth != 0:
        options.append(b"DEPTH infinity" if body.depth is None else b"DEPTH %d" % body.depth)
    entries = _join(encode_client_string(entry.encode("ascii")) for entry in body.entries)
    return b" ".join([b"GETMETADATA", *([_join(options)] if options else []), mailbox, entries])


def _encode_change(change: Annotation) -> bytes:
    name = encode_client_string(change.entry.encode("ascii")) + b" "
    if change.value is None:
        return name + NIL
    if b"\0" in change.value:
        return name + b"~{%d+}\r\n%b" % (len(change.value), change.value)
    return name + encode_client_string(change.value)


def _join(words: Iterable[bytes]) -> bytes:
    return b"(" + b" ".join(words) + b")"
