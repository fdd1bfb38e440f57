"""What SORT and THREAD compare, from a message's header (RFC 5256 §2.2 and §3, RFC 5957 §3)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from mssmail.core.composition import normalise_text
from mssmail.core.listing import SortKeys
from mssmail.mime.addresses import Group, Mailbox
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import decode_words
from mssmail.mime.lexical import strip_comments, unfold
from mssmail.mime.subject import find_base_subject

MAX_KEY = 1_000  # characters of one key
MAX_REFERENCES = 200  # the first, by which a thread is known, and the nearest ones

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# date-time = [ day-of-week "," ] day month year [time [zone]]   RFC 5322 §3.3, with the years and zones of §4.3
_MOMENT = re.compile(
    r"\s*(?:[A-Za-z]{1,9}\s*,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}[\s-]+(\d{2,4})(?!\d)"
    r"(?:\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\s*([+-]\d{4})|\s+([A-Za-z]+))?)?"
)
_ZONES = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
# msg-id = "<" id-left "@" id-right ">"   RFC 5322 §3.6.4; §4.5.4 has blanks around the two
_MESSAGE_ID = re.compile(rb"<\s*+((?:\"(?:[^\"\\\r\n]|\\.)*+\"|[^<>\"@\s])++)\s*+@\s*+([^<>@\s]++)\s*+>", re.DOTALL)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)

Entries = Sequence[Mailbox | Group]


def build_sort_keys(texts: Mapping[str, bytes], lists: Mapping[str, Entries], references: bytes) -> SortKeys:
    """The keys of these fields: ``texts`` and ``lists`` as ``mime.envelope`` reads them, and all References fields."""
    subject, is_reply = find_base_subject(decode_words(texts.get("subject", b"")))
    return SortKeys(
        base_subject=fold_case(subject),
        is_reply=is_reply,
        sent_at=find_moment(texts.get("date", b"")),
        sender=_find_local(lists["from"]),
        to=_find_local(lists["to"]),
        cc=_find_local(lists["cc"]),
        display_from=_find_display(lists["from"]),
        display_to=_find_display(lists["to"]),
        message_ref="".join(find_message_ids(texts.get("message-id", b""))[:1]),
        references=_find_references(references, texts.get("in-reply-to", b"")),
    )


def fold_case(text: str) -> str:
    """The text as i;unicode-casemap compares it: title case, decomposed (RFC 5051 §2); ordered by code point."""
    text = text[:MAX_KEY].replace("\0", "")
    if text.isascii():
        return text.upper()
    return normalise_text("NFKD", "".join(map(_find_title, text))).encode("utf-8", "replace").decode()


def _find_title(letter: str) -> str:
    title = letter.title()
    return title if len(title) == 1 else letter  # RFC 5051 §2 has the simple mappings only


def find_moment(raw: bytes) -> datetime | None:
    """The moment a Date field states, in UTC; None when it states none. Without time it is midnight (RFC 5256 §2.2)."""
    found = _MOMENT.match(decode_text(strip_comments(raw[:1_000])))
    if found is None or found[2].lower() not in _MONTHS:
        return None
    day, month, year, hour, minute, second, offset, zone = found.groups()
    full_year = int(year)
    if len(year) < 4:  # RFC 5322 §4.3: 00 to 49 are of this century, the rest counts from 1900
        full_year += 2000 if full_year < 50 and len(year) == 2 else 1900
    try:
        local = datetime(full_year, _MONTHS.index(month.lower()) + 1, int(day), tzinfo=UTC)
        if hour is not None and int(hour) < 24 and int(minute) < 60:
            local += timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
        return local - _find_offset(offset, zone)
    except (ValueError, OverflowError):
        return None


def _find_offset(offset: str | None, zone: str | None) -> timedelta:
    if offset is not None:
        east = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
        return -east if offset[0] == "-" else east
    return timedelta(hours=_ZONES.get((zone or "").lower(), 0))


def find_message_ids(raw: bytes) -> list[str]:
    """The valid message ids of a field in their order, without brackets; a quoted local part is unquoted."""
    return [_normalise(left, right) for left, right in _MESSAGE_ID.findall(unfold(raw))]


def _normalise(left: bytes, right: bytes) -> str:
    if b'"' in left:
        left = _PAIR.sub(rb"\1", left.replace(b'"', b"") if b"\\" not in left else left.strip(b'"'))
    return (left + b"@" + right)[:MAX_KEY].decode("utf-8", "replace").replace("\n", " ")


def _find_references(references: bytes, in_reply_to: bytes) -> tuple[str, ...]:
    """RFC 5256 §3: the ids of References; where that has none, the first of In-Reply-To."""
    found = find_message_ids(references)
    if len(found) > MAX_REFERENCES:
        return (found[0], *found[1 - MAX_REFERENCES :])
    return tuple(found or find_message_ids(in_reply_to)[:1])


def _find_first(entries: Entries) -> Mailbox | Group | None:
    return next((entry for entry in entries if isinstance(entry, Group) or entry.local or entry.domain), None)


def _find_local(entries: Entries) -> str:
    """[IMAP] addr-mailbox of the first address: of a group that is its name."""
    first = _find_first(entries)
    if first is None:
        return ""
    return fold_case(decode_text(first.name if isinstance(first, Group) else first.local))


def _find_display(entries: Entries) -> str:
    """RFC 5957 §3: the display name of the first address, decoded; without one, mailbox@host; of a group its name."""
    first = _find_first(entries)
    if first is None:
        return ""
    if first.name:
        return fold_case(decode_words(first.name))
    if isinstance(first, Group):
        return ""
    return fold_case(decode_text(first.local + (b"@" + first.domain if first.domain else b"")))
