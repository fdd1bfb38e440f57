"""What FETCH may ask for, as values."""

from mssmail.imap.wire.fetch_values import FetchItem, FetchSection, Section


def test_the_same_question_is_the_same_value() -> None:
    assert len({FetchItem("UID"), FetchItem("UID"), FetchSection(Section()), FetchSection(Section(), peek=True)}) == 3
