"""Addresses: what is one, and what hostile input is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.address import Address, normalise_domain, parse_address
from mssmail.errors import BadSyntax

_ATEXT = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("a@b.test", "a", "b.test"),
        ("Marie.Martin+x@CH-A.Mssante.FR", "Marie.Martin+x", "ch-a.mssante.fr"),
        ('"with blank"@b.test', "with blank", "b.test"),
        ('"a\\"b"@b.test', 'a"b', "b.test"),
        ('"a@c"@b.test', "a@c", "b.test"),
        ("a@hôpital.test", "a", "xn--hpital-ixa.test"),
        ("a@b.test.", "a", "b.test"),
        ("é@b.test", "é", "b.test"),
        ("中田.太郎@b.test", "中田.太郎", "b.test"),
        ('"é è"@b.test', "é è", "b.test"),
        ("é" * 32 + "@b.test", "é" * 32, "b.test"),
    ],
)
def test_reads_an_address(text: str, local: str, domain: str) -> None:
    assert parse_address(text) == Address(local, domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@b.test",
        "a@",
        "a@b..test",
        "a@-b.test",
        "a@b-.test",
        ".a@b.test",
        "a.@b.test",
        "a..b@b.test",
        "a b@b.test",
        "a\r\n@b.test",
        "a\x00@b.test",
        "a@b.test\r\nRCPT TO:<x@y.test>",
        '"a\r\n"@b.test',
        "\u00a0@b.test",
        "a\u202eb@b.test",
        "a\u2028b@b.test",
        "a\ud800@b.test",
        "é" * 33 + "@b.test",
        "a@b_c.test",
        "a@" + "x" * 64 + ".test",
        "a@" + "xx." * 90 + "test",
        "x" * 65 + "@b.test",
        "a@[127.0.0.1]",
    ],
)
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(BadSyntax):
        parse_address(text)


def test_a_lone_byte_is_a_local_part_only_when_it_is_atext() -> None:
    for code in range(256):
        text = f"{chr(code)}@b.test"
        if code in _ATEXT or (code > 0x7F and chr(code).isprintable()):
            assert parse_address(text).local == chr(code)
        else:
            with pytest.raises(BadSyntax):
                parse_address(text)


@given(st.text(st.characters().filter(str.isprintable), min_size=1, max_size=16))
def test_what_is_written_reads_back(local: str) -> None:
    address = Address(local, "b.test")
    assert parse_address(str(address)) == address


def test_case_of_the_local_part_is_kept_but_not_compared() -> None:
    assert str(Address("Marie", "b.test")) == "Marie@b.test"
    assert Address("Marie", "b.test").key == Address("marie", "b.test").key


def test_international_spellings_of_one_mailbox_share_a_key() -> None:
    keys = {Address(local, "b.test").key for local in ("andr\u00e9", "andre\u0301", "ANDR\u00c9")}
    assert keys == {"andr\u00e9@b.test"}
    assert Address("andre", "b.test").key not in keys


@pytest.mark.parametrize(("local", "is_ascii"), [("andre", True), ("andré", False)])
def test_says_who_can_be_told_of_it(local: str, is_ascii: bool) -> None:
    assert Address(local, "b.test").is_ascii is is_ascii


def test_a_domain_must_come_in_normal_form() -> None:
    with pytest.raises(BadSyntax):
        Address("a", "B.test")
    with pytest.raises(BadSyntax):
        normalise_domain("xn--\N{SNOWMAN}\u200d" + "a" * 70)
