"""The limits agree with each other."""

from mssmail.documents import limits


def test_a_document_fits_into_an_archive_and_a_mark_needs_no_more_memory_than_a_worker_has() -> None:
    assert limits.MAX_DOCUMENT_BYTES <= limits.MAX_UNPACKED_BYTES
    assert limits.MAX_RESULTS <= limits.MAX_ELEMENTS
    assert limits.MAX_DOCUMENTS <= limits.MAX_ENTRIES
