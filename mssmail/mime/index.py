"""Everything IMAP answers about a message without reading it again, computed once at delivery."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from mssmail.core.address import normalise_domain
from mssmail.core.examination import Index
from mssmail.core.message import Span
from mssmail.errors import BadSyntax
from mssmail.mime.bodystructure import encode_body
from mssmail.mime.charsets import decode_text
from mssmail.mime.envelope import encode_fields, read_envelope
from mssmail.mime.headers import Group, Mailbox, decode_words, iterate_fields
from mssmail.mime.lexical import strip_comments, unfold, unquote
from mssmail.mime.listing import build_listing
from mssmail.mime.part_table import encode_parts
from mssmail.mime.tree import Part

MAX_STRUCTURE_BYTES = 4 * 1_048_576

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# date-time = [ day-of-week "," ] day month year …   RFC 5322 §3.3, with the years of §4.3
_DATE = re.compile(r"\s*(?:[A-Za-z]{1,9}\s*,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]{0,6}[\s-]+(\d{2,4})(?!\d)")
# authserv-id = value; a version may follow it (RFC 8601 §2.2)
_AUTHSERV_ID = re.compile(rb"\s*(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)\"?|([^\s;/\"]*))", re.DOTALL)


def build_index(data: bytes, root: Part, authserv_id: str) -> Index:
    """The index of a message; ``authserv_id`` is ours, whose forged verdicts are to be cut out of the view."""
    fields = read_envelope(data, root)
    bodystructure = encode_body(data, root, extended=True)
    if len(bodystructure) > MAX_STRUCTURE_BYTES:
        root = replace(root, children=())  # shown as the leaf it might be: nobody could make use of such a tree
        bodystructure = encode_body(data, root, extended=True)
    cuts = find_cuts(data, root.header, authserv_id)
    return Index(
        envelope=encode_fields(fields),
        body=encode_body(data, root, extended=False),
        bodystructure=bodystructure,
        parts=encode_parts(root),
        header=root.header,
        cuts=cuts,
        subject=decode_words(fields.texts.get("subject", b"")),
        sender=_join_addresses(fields.lists["from"]),
        to=_join_addresses(fields.lists["to"]),
        cc=_join_addresses(fields.lists["cc"]),
        bcc=_join_addresses(fields.lists["bcc"]),
        message_id=decode_words(fields.texts.get("message-id", b"")),
        sent_on=find_date(fields.texts.get("date", b"")),
        listing=build_listing(data, root.header, cuts, fields),
    )


def _join_addresses(entries: Sequence[Mailbox | Group]) -> str:
    return ", ".join(filter(None, map(str, entries)))


def find_date(raw: bytes) -> str:
    """The calendar date a Date field states, in its own zone, as ISO 8601; empty when it states none."""
    match = _DATE.match(decode_text(strip_comments(raw[:1_000])))
    if match is None or match[2].lower() not in _MONTHS:
        return ""
    year = int(match[3])
    if len(match[3]) < 4:  # RFC 5322 §4.3: 00 to 49 are of this century, the rest counts from 1900
        year += 2000 if year < 50 and len(match[3]) == 2 else 1900
    try:
        return date(year, _MONTHS.index(match[2].lower()) + 1, int(match[1])).isoformat()
    except ValueError:
        return ""


def find_cuts(data: bytes, header: Span, authserv_id: str) -> tuple[Span, ...]:
    """Authentication-Results fields that claim to be ours (RFC 8601 §5), neighbours joined.

    Any length of header is searched: what stands beyond our limits is shown to clients like the rest.
    """
    ours = _normalise_id(authserv_id)
    cuts: list[Span] = []
    for field in iterate_fields(data, header, "authentication-results"):
        if _normalise_id(_read_authserv_id(data[field.value.start : field.value.end])) != ours:
            continue
        if cuts and cuts[-1].end == field.span.start:
            cuts[-1] = Span(cuts[-1].start, field.span.end)
        else:
            cuts.append(field.span)
    return tuple(cuts)


def _read_authserv_id(raw: bytes) -> str:
    match = _AUTHSERV_ID.match(strip_comments(unfold(raw), inside_words=True))
    name = b"" if match is None else unquote(match[1] or match[2] or b"")
    return decode_text(name)


def _normalise_id(text: str) -> str:
    try:
        return normalise_domain(text[:300])
    except BadSyntax:
        return text.strip().lower()
