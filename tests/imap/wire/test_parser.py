"""Tags, names and the table."""

import pytest

from mssmail.errors import BadCharset, BadSyntax
from mssmail.imap.wire.commands import Command, Noop, Select, Unparsable
from mssmail.imap.wire.frames import Frame
from mssmail.imap.wire.octets import TAG
from mssmail.imap.wire.parser import WITH_ARGUMENTS, WITHOUT_ARGUMENTS, parse_command
from tests.imap.wire.support import read_command


def test_a_tag_and_a_name_in_any_case_make_a_command() -> None:
    assert parse_command(Frame(b"a.1-] nOOp")) == Command("a.1-]", Noop())


def test_a_tag_is_of_tag_characters_only() -> None:
    for octet in set(range(256)) - {0x0A}:
        tag = b"a" + bytes([octet])
        if TAG.fullmatch(tag):
            assert parse_command(Frame(tag + b" NOOP")).tag == tag.decode("ascii")
        else:
            with pytest.raises(BadSyntax) as fault:
                parse_command(Frame(tag + b" NOOP"))
            assert fault.value.tag in {"", "a"}  # "a" where the octet is the blank


@pytest.mark.parametrize("text", [b"", b" ", b"A1", b" NOOP", b"+ NOOP", b"* NOOP", b"A1\tNOOP"])
def test_without_a_tag_and_a_blank_there_is_no_tag_to_answer(text: bytes) -> None:
    with pytest.raises(BadSyntax) as fault:
        parse_command(Frame(text))
    assert fault.value.tag == ""


@pytest.mark.parametrize("text", [b"A1 ", b"A1  NOOP", b"A1 NOOP ", b"A1 NOOP x", b"A1 LOGIN", b"A1 UID", b"A1 UID "])
def test_what_does_not_parse_carries_its_tag(text: bytes) -> None:
    if text == b"A1 UID":
        assert parse_command(Frame(text)).body == Unparsable("there is no such command")
        return
    with pytest.raises(BadSyntax) as fault:
        parse_command(Frame(text))
    assert fault.value.tag == "A1"


@pytest.mark.parametrize("line", [b"XYZZY", b"XYZZY with (anything", b"UID NOOP", b"UID XYZZY", b"XREPLACE 1 a"])
def test_an_unknown_name_is_unparsable(line: bytes) -> None:
    assert read_command(line) == Unparsable("there is no such command")


def test_a_bad_charset_carries_its_tag() -> None:
    with pytest.raises(BadCharset) as fault:
        read_command(b"SEARCH CHARSET KOI8-R ALL")
    assert fault.value.tag == "A1"


def test_names_are_utf8_once_that_is_enabled() -> None:
    assert read_command('SELECT "été"'.encode(), utf8=True) == Select("été")


def test_no_name_is_in_both_tables_and_all_are_in_capitals() -> None:
    names = [*WITH_ARGUMENTS, *WITHOUT_ARGUMENTS]
    assert len(names) == len(set(names))
    assert all(name == name.upper() for name in names)
