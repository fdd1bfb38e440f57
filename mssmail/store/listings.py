"""Listings: kept in the transaction that takes a message, made later for what older versions have kept."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, or_, select

from mssmail.core.listing import Listing, SortKeys
from mssmail.core.message import Span
from mssmail.errors import NoSuchMailbox, StoreUnavailable
from mssmail.mime.fields import MAX_LISTED_BYTES, list_fields
from mssmail.mime.listing import build_listing
from mssmail.store.bodies import read_body
from mssmail.store.layouts import load_layout
from mssmail.store.prepared import Prepared
from mssmail.store.schema import listings, mailbox_rows, messages, sort_keys

PAGE = 200  # messages listed in one transaction

# Statements of the hot path stand ready: building one costs more than running it.
_INSERT_LISTING = Prepared(insert(listings).prefix_with("OR REPLACE"), listings.columns.keys())
_INSERT_KEYS = Prepared(insert(sort_keys).prefix_with("OR REPLACE"), sort_keys.columns.keys())


def keep_listing(conn: Connection, message_id: int, prefix: bytes, listing: Listing) -> None:
    """Keep it beside its message; ``prefix`` is what we add to the message for our readers."""
    fields = None if listing.fields is None else list_fields(prefix) + listing.fields
    if fields is not None and len(fields) > MAX_LISTED_BYTES:
        fields = None
    _INSERT_LISTING.run(conn, ({"message_id": message_id, "fields": fields},))
    _INSERT_KEYS.run(conn, ({"message_id": message_id, **_encode_keys(listing.keys)},))


def _encode_keys(keys: SortKeys) -> dict[str, object]:
    return {
        "base_subject": keys.base_subject,
        "is_reply": keys.is_reply,
        "sent_at": keys.sent_at,
        "sender": keys.sender,
        "to": keys.to,
        "cc": keys.cc,
        "display_from": keys.display_from,
        "display_to": keys.display_to,
        "message_ref": keys.message_ref,
        "references": "\n".join(keys.references),
    }


def find_unlisted(conn: Connection, mailbox_id: int | None = None) -> Sequence[int]:
    """Ids of messages without a listing, the newest first, no more than PAGE; of one mailbox, or of all."""
    wanted = (
        select(messages.c.id)
        .outerjoin(listings, listings.c.message_id == messages.c.id)
        .outerjoin(sort_keys, sort_keys.c.message_id == messages.c.id)
        .where(or_(listings.c.message_id.is_(None), sort_keys.c.message_id.is_(None)))
    )
    if mailbox_id is not None:
        here = select(mailbox_rows.c.message_id).where(mailbox_rows.c.mailbox_id == mailbox_id)
        wanted = wanted.where(messages.c.id.in_(here))
    return list(conn.execute(wanted.order_by(messages.c.id.desc()).limit(PAGE)).scalars())


def list_messages(conn: Connection, message_ids: Sequence[int]) -> None:
    """Make the listings of these messages; those that have gone are left out."""
    for message_id in message_ids:
        try:
            layout = load_layout(conn, message_id)
            if layout is None:
                continue
            data = read_body(conn, message_id, Span(0, layout.header.end))
        except (StoreUnavailable, NoSuchMailbox, ValueError):
            keep_listing(conn, message_id, b"", Listing())  # damaged: nothing can be said of it, and nobody tries again
        else:
            keep_listing(conn, message_id, layout.prefix, build_listing(data, layout.header, layout.cuts))
