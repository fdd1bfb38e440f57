"""A message's listing as JSON, its fields as octets beside it. Decoding trusts nothing, as in ``codec``."""

from datetime import UTC, datetime

from mssmail.core.listing import Listing, SortKeys


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
    has_fields, sent_at, is_reply, texts, references = _list(tree)
    base_subject, sender, to, cc, display_from, display_to, message_ref = _texts(texts)
    keys = SortKeys(
        base_subject,
        is_reply is True,
        None if sent_at is None else _moment(sent_at),
        sender,
        to,
        cc,
        display_from,
        display_to,
        message_ref,
        tuple(_texts(references)),
    )
    return Listing(fields if has_fields is True else None, keys)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _texts(value: object) -> list[str]:
    found = _list(value)
    if not all(isinstance(item, str) for item in found):
        raise TypeError("not texts")
    return found  # type: ignore[return-value]


def _moment(value: object) -> datetime:
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("a moment without its zone")
    return found
