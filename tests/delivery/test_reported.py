import pytest

from mssmail.delivery.reported import clean_text


@pytest.mark.parametrize(
    ("text", "cleaned"), [("plain", "plain"), ("a\r\nX: y", "a??X: y"), ("é\0", "??"), ("x" * 20, "x" * 9)]
)
def test_foreign_text_can_neither_end_a_line_nor_fill_a_page(text: str, cleaned: str) -> None:
    assert clean_text(text, 9) == cleaned
