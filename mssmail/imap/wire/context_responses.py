"""What is told of a search that goes on (RFC 5267 §4.3, §5)."""

from dataclasses import dataclass

from mssmail.imap.wire.writer import encode_number_set


@dataclass(frozen=True, slots=True)
class ContextUpdate:
    """``* ESEARCH (TAG "a") ADDTO (…)``; (position, numbers) pairs, position 0 for results that have no order."""

    tag: str
    is_uid: bool
    kind: str  # ADDTO or REMOVEFROM
    entries: tuple[tuple[int, tuple[int, ...]], ...]


# ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
def encode_context_update(update: ContextUpdate) -> bytes:
    """The line without its CRLF."""
    pairs = b" ".join(b"%d %b" % (position, encode_number_set(numbers)) for position, numbers in update.entries)
    uid = b" UID" if update.is_uid else b""
    return b'* ESEARCH (TAG "%b")%b %b (%b)' % (update.tag.encode("ascii"), uid, update.kind.encode("ascii"), pairs)
