"""Listings as the index makes them and as they are made later are the same."""

from pathlib import Path

import pytest

from mssmail.core.message import Span
from mssmail.mime.fields import MAX_LISTED_BYTES
from mssmail.mime.index import build_index
from mssmail.mime.listing import build_listing
from mssmail.mime.parts import scan

MESSAGES = sorted((Path(__file__).parents[1] / "corpus" / "mime").glob("*.eml"))


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_listing_made_later_is_the_one_of_delivery(path: Path) -> None:
    data = path.read_bytes()
    index = build_index(data, scan(data), "us.test")
    assert index.listing == build_listing(data[: index.header.end], index.header, index.cuts)


def test_our_forged_verdicts_are_not_listed() -> None:
    data = b"Authentication-Results: us.test; x=pass\r\nFrom: a@b.test\r\nAuthentication-Results: else; x\r\n\r\n"
    listing = build_index(data, scan(data), "us.test").listing
    assert listing is not None
    assert listing.fields == b"From: a@b.test\r\nAuthentication-Results: else; x\r\n"


def test_fields_that_are_too_long_are_not_kept() -> None:
    data = b"From: a@b.test\r\nSubject: " + b"x" * MAX_LISTED_BYTES + b"\r\n\r\n"
    listing = build_listing(data, Span(0, len(data)), ())
    assert listing.fields is None
    assert listing.keys.sender == "A"
