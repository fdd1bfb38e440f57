"""What lists of messages are made of: the fields a mail program asks for, and the keys of SORT and THREAD."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SortKeys:
    """What SORT and THREAD compare (RFC 5256 §2, RFC 5957), taken from a message's header once.

    Texts are ready for comparison by code point: i;unicode-casemap (RFC 5051) has been applied. What is absent is
    empty; ``sent_at`` is None when the Date field tells no moment, and the internal date then stands in for it.
    """

    base_subject: str = ""
    is_reply: bool = False  # or a forward: what was taken off the subject says so
    sent_at: datetime | None = None  # in UTC
    sender: str = ""  # the local part of the first address of From
    to: str = ""
    cc: str = ""
    display_from: str = ""  # the first display name, or the address
    display_to: str = ""
    message_ref: str = ""  # the Message-ID, normalised, without its angle brackets
    references: tuple[str, ...] = ()  # those of References, else the first of In-Reply-To; oldest first


NO_KEYS = SortKeys()


@dataclass(frozen=True, slots=True)
class Listing:
    """What is kept beside a message for lists. ``fields`` are header fields as octets; None: too long to be kept."""

    fields: bytes | None = None
    keys: SortKeys = NO_KEYS
