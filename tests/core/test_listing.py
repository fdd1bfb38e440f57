from mssmail.core.listing import NO_KEYS, Listing


def test_a_listing_nobody_could_make_is_empty() -> None:
    assert Listing() == Listing(None, NO_KEYS)
    assert NO_KEYS.sent_at is None
