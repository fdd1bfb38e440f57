"""A message's listing as JSON, its fields as octets beside it. Decoding trusts nothing, as in ``codec``."""

from datetime import UTC

from mssmail.core.listing import Listing, SortKeys
from mssmail.workers.checked import require_list, require_moment, require_texts


def encode_listing(listing: Listing | None) -> list[object] | None:
    """What JSON can hold of it: all but the fields."""
    if listing is None:
        return None
    keys = listing.keys
    return [
        listing.fields is not None,
        None if keys.sent_at is None else keys.sent_at.astimezone(UTC).isoformat(),
        keys.is_reply,
        [keys.base_subject, keys.sender, keys.to, keys.cc, keys.display_from, keys.display_to, keys.message_ref],
        list(keys.references),
    ]


def decode_listing(tree: object, fields: bytes) -> Listing | None:
    """The listing; raises ValueError or TypeError on anything that is none."""
    if tree is None:
        return None
    has_fields, sent_at, is_reply, texts, references = require_list(tree)
    base_subject, sender, to, cc, display_from, display_to, message_ref = require_texts(texts)
    keys = SortKeys(
        base_subject,
        is_reply is True,
        None if sent_at is None else require_moment(sent_at),
        sender,
        to,
        cc,
        display_from,
        display_to,
        message_ref,
        tuple(require_texts(references)),
    )
    return Listing(fields if has_fields is True else None, keys)
