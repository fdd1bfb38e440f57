"""What a worker may say of a listing; that one comes out as it went in is in ``test_codec``."""

from datetime import UTC, datetime

import pytest

from mssmail.core.listing import Listing, SortKeys
from mssmail.workers.listing_codec import decode_listing, encode_listing

KEYS = SortKeys("S", True, datetime(2026, 1, 1, tzinfo=UTC), "a", "b", "c", "d", "e", "1@x", ("2@x",))


def test_fields_that_were_not_kept_are_not_empty_ones() -> None:
    assert decode_listing(encode_listing(Listing(None, KEYS)), b"") == Listing(None, KEYS)
    assert decode_listing(encode_listing(Listing(b"", KEYS)), b"") == Listing(b"", KEYS)
    assert decode_listing(encode_listing(None), b"") is None


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("odd", [7, [1], "x", {}, [None] * 7])
def test_anything_else_is_refused(place: int, odd: object) -> None:
    tree = encode_listing(Listing(b"f", KEYS))
    assert tree is not None
    tree[place] = odd
    if place in (0, 2):  # what is not true is false
        assert isinstance(decode_listing(tree, b"f"), Listing)
        return
    with pytest.raises((ValueError, TypeError)):
        decode_listing(tree, b"f")


def test_a_moment_needs_its_zone() -> None:
    tree = encode_listing(Listing(b"f", KEYS))
    assert tree is not None
    tree[1] = "2026-01-01T00:00:00"
    with pytest.raises(ValueError, match="zone"):
        decode_listing(tree, b"f")
