"""A message's listing, from its header: computed once at delivery, and again only for what older versions have kept."""

from collections.abc import Sequence

from mssmail.core.listing import Listing
from mssmail.core.message import Span
from mssmail.mime.envelope import EnvelopeFields, read_fields
from mssmail.mime.fields import MAX_LISTED_BYTES, list_fields
from mssmail.mime.headers import clip_header, select_fields
from mssmail.mime.sort_keys import build_sort_keys


def build_listing(data: bytes, header: Span, cuts: Sequence[Span], fields: EnvelopeFields | None = None) -> Listing:
    """The listing of a message whose header lies there; ``fields`` saves reading them again."""
    if fields is None:
        fields = read_fields(data, header)
    references = b" ".join(field.read(data) for field in select_fields(data, clip_header(header), "references"))
    kept = list_fields(_cut(data, header, cuts))
    keys = build_sort_keys(fields.texts, fields.lists, references)
    return Listing(kept if len(kept) <= MAX_LISTED_BYTES else None, keys)


def _cut(data: bytes, header: Span, cuts: Sequence[Span]) -> bytes:
    kept, start = [], header.start
    for cut in cuts:
        kept.append(data[start : cut.start])
        start = cut.end
    return b"".join([*kept, data[start : header.end]])
