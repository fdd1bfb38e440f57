"""That migrations make these tables as they are said here is in ``test_revisions``."""

from mssmail.store.listing_tables import gram_blocks, grams, listings, message_texts, previews, sort_keys


def test_all_of_a_message_goes_with_it() -> None:
    for table in (listings, sort_keys, message_texts, previews):
        (key,) = table.foreign_keys
        assert (key.target_fullname, key.ondelete) == ("messages.id", "CASCADE")
    (key,) = grams.foreign_keys
    assert (key.column, key.ondelete) == (gram_blocks.c.block, "CASCADE")
