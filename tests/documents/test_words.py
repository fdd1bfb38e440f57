"""Texts of documents before they are shown."""

from mssmail.documents.words import clean_line, clean_value


def test_texts_are_one_line_and_bounded() -> None:
    assert clean_value("  a\x00\n\t b ") == "a b"
    assert len(clean_value("x" * 100_000)) == 500
    assert clean_line(" a  b\x00 ") == "a  b"
