import pytest

from mssmail.core.rights import LETTERS, SEND_AS, describe_rights, join_rights, parse_rights
from mssmail.errors import BadAccount


@pytest.mark.parametrize(
    ("text", "rights", "words"),
    [
        ("read", "lrs", "read"),
        ("write", "lrswipkxte", "write"),
        ("send-as", SEND_AS, "send-as"),
        ("read,send-as", "lrs0", "read, send-as"),
        ("send-as, write, read", "lrswipkxte0", "write, send-as"),
        ("srl", "lrs", "read"),
        ("lr", "lr", "lr"),
        ("write,a", "lrswipkxtea", "lrswipkxtea"),
    ],
)
def test_rights_are_words_or_letters(text: str, rights: str, words: str) -> None:
    assert parse_rights(text) == rights
    assert describe_rights(rights) == words


@pytest.mark.parametrize("text", ["", ",", "reed", "1", "READ", "lrs,é"])
def test_what_is_no_right_is_refused(text: str) -> None:
    with pytest.raises(BadAccount):
        parse_rights(text)


def test_every_single_letter_is_a_right_and_no_other_octet_is() -> None:
    for octet in range(256):
        letter = chr(octet)
        if letter in LETTERS + SEND_AS:
            assert join_rights(letter) == letter
        else:
            with pytest.raises(BadAccount):
                join_rights(letter)
