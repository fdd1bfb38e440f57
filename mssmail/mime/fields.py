"""Header fields by name, as octets: HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051 §6.4.5.1), and what is kept of them.

Nearly all that mail programs ask of a header while they list a mailbox is kept apart, so that listing reads no message.
"""

import re
from collections.abc import Callable
from functools import lru_cache

# Asked for by Thunderbird, K-9, Apple Mail, Outlook, mutt, Roundcube and Evolution while they list.
LISTED_FIELDS = frozenset(
    b"from sender to cc bcc reply-to subject date message-id in-reply-to references priority x-priority importance "
    b"newsgroups content-type content-transfer-encoding content-description mime-version lines list-id list-post "
    b"list-subscribe list-unsubscribe list-unsubscribe-post return-path return-receipt-to authentication-results "
    b"disposition-notification-to mail-followup-to mail-reply-to x-mailer user-agent x-label x-original-to "
    b"x-msmail-priority x-spam-flag x-spam-status x-tuid x-uniform-type-identifier x-universally-unique-identifier "
    b"x-k9mail-identity chat-version autocrypt autocrypt-setup-message auto-submitted resent-from resent-to "
    b"resent-date bimi-indicator bimi-location x-bimi-indicator-hash dkim-signature".split()
)
MAX_LISTED_BYTES = 16_384  # of one message: a page of some hundred rows stays small

_FIELD = re.compile(rb"([^\s:]*+)[^\n]*+\n?(?:[ \t][^\n]*+\n?)*+")  # with its folds
_BLANK_LINES = (b"\r\n", b"\n")


def filter_fields(header: bytes, names: frozenset[bytes], *, exclude: bool) -> bytes:
    """The fields of these lower-case names, or all others, in their order, and the blank line (RFC 9051 §6.4.5)."""
    return find_fields(header, names, exclude=exclude)[0] + b"\r\n"


def find_fields(header: bytes, names: frozenset[bytes], *, exclude: bool) -> tuple[bytes, bool]:
    """The same without the blank line, and whether the header has one."""
    kept: list[bytes] = []
    for field in _FIELD.finditer(header):
        text = field[0]
        if not text or text in _BLANK_LINES:
            return b"".join(kept), bool(text)
        if (field[1].lower() in names) != exclude:
            kept.append(text if text.endswith(b"\n") else text + b"\r\n")
    return b"".join(kept), False


def list_fields(header: bytes) -> bytes:
    """The LISTED_FIELDS of a header, each with its line end, without the blank line: for ``build_picker``."""
    return filter_fields(header, LISTED_FIELDS, exclude=False)[:-2]


@lru_cache(maxsize=64)
def build_picker(names: frozenset[bytes]) -> Callable[[bytes], bytes]:
    """What ``filter_fields`` gives of a header for ``names`` among LISTED_FIELDS, from ``list_fields`` of it; fast."""
    wanted = b"|".join(re.escape(name) for name in sorted(names))
    find = re.compile(rb"(?im:^(?:%b)(?=[\s:]))[^\n]*+\n(?:[ \t][^\n]*+\n)*+" % wanted).findall
    return lambda fields: b"".join(find(fields)) + b"\r\n"
