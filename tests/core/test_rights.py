import pytest

from mssmail.core.rights import (
    LETTERS,
    SEND_AS,
    describe_rights,
    join_rights,
    may_change,
    may_set,
    parse_acl_rights,
    parse_rights,
    show_acl_rights,
)
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


@pytest.mark.parametrize(
    ("letters", "rights", "shown"),
    [
        ("", "", ""),
        ("lr", "lr", "lr"),
        ("c", "kx", "kxc"),
        ("dl", "lte", "lted"),
        ("rc", "rkx", "rkxc"),
        ("t", "t", "td"),
    ],
)
def test_the_older_two_rights_are_said_and_shown(letters: str, rights: str, shown: str) -> None:
    """RFC 4314 §2.1.1."""
    assert parse_acl_rights(letters) == rights
    assert show_acl_rights(rights + SEND_AS) == shown


@pytest.mark.parametrize("letters", ["0", "b", "lrz", "L"])
def test_a_letter_that_is_no_right_of_a_mailbox_is_refused(letters: str) -> None:
    with pytest.raises(BadAccount):
        parse_acl_rights(letters)


@pytest.mark.parametrize(
    ("flag", "letter"), [("\\Seen", "s"), ("\\DELETED", "t"), ("\\Flagged", "w"), ("$Forwarded", "w"), ("\\*", "w")]
)
def test_each_flag_has_its_right(flag: str, letter: str) -> None:
    assert may_set(letter, flag)
    assert not may_set(LETTERS.replace(letter, ""), flag)


@pytest.mark.parametrize(
    ("rights", "changes"), [("", False), ("lr", False), ("lrkxpa", False), ("lrs", True), ("i", True)]
)
def test_a_mailbox_where_nothing_can_be_changed_is_read_only(rights: str, changes: bool) -> None:
    assert may_change(rights) is changes
