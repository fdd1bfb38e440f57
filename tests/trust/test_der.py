import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from mssmail.errors import BadSyntax
from mssmail.trust import der


@given(st.binary(max_size=70_000))
def test_reads_what_it_writes(value: bytes) -> None:
    element = der.encode_tlv(der.OCTET_STRING, value)
    assert element == core.OctetString(value).dump()
    tag, start, end = der.read_tlv(element, 0, len(element))
    assert (tag, element[start:end], end) == (der.OCTET_STRING, value, len(element))


@given(st.binary(max_size=64))
def test_junk_is_read_within_its_bounds_or_refused(data: bytes) -> None:
    try:
        _, start, end = der.read_tlv(data, 0, len(data))
    except BadSyntax:
        return
    assert 2 <= start <= end <= len(data)


@pytest.mark.parametrize(
    "data",
    ["", "30", "3001", "3080", "308100", "30810500", "3082000500", "3085000000000100", "1f0100", "30ff", "308201"],
)
def test_refuses_what_is_not_der(data: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(BadSyntax):
        der.read_tlv(raw, 0, len(raw))


def test_expects_a_tag() -> None:
    assert der.expect_tlv(b"\x02\x01\x05", 0, 3, der.INTEGER) == (2, 3)
    with pytest.raises(BadSyntax, match="04 is wanted, 02"):
        der.expect_tlv(b"\x02\x01\x05", 0, 3, der.OCTET_STRING)


def test_splits_up_to_a_limit() -> None:
    data = b"\x02\x01\x05\x05\x00"
    assert der.split_elements(data, 0, 5, 2) == [(2, 0, 2, 3), (5, 3, 5, 5)]
    with pytest.raises(BadSyntax):
        der.split_elements(data, 0, 5, 1)


@given(st.integers(min_value=0, max_value=2**200))
def test_writes_integers(value: int) -> None:
    assert der.encode_integer(value) == core.Integer(value).dump()


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.1.11", "2.5.29.15", "1.3.101.112", "2.16.840.1.101.3.4.2.1"])
def test_writes_and_describes_object_identifiers(dotted: str) -> None:
    assert der.encode_oid(dotted) == core.ObjectIdentifier(dotted).dump()
    assert der.describe_oid(der.encode_oid_value(dotted)) == dotted


def test_describes_even_a_broken_object_identifier() -> None:
    assert der.describe_oid(b"") == der.describe_oid(b"\xff\xff") == "?"


def test_sets_are_sorted() -> None:
    assert der.encode_set(b"\x02\x01\x09", b"\x02\x01\x01") == bytes.fromhex("3106020101020109")


@given(st.recursive(st.binary(max_size=300), lambda inner: st.lists(inner, max_size=5), max_leaves=20), st.data())
def test_makes_definite_what_was_indefinite(tree: object, data: st.DataObject) -> None:
    def encode(node: object, *, indefinite: bool) -> bytes:
        if isinstance(node, bytes):
            return der.encode_tlv(der.OCTET_STRING, node)
        assert isinstance(node, list)
        children = [encode(child, indefinite=indefinite) for child in node]
        if indefinite and data.draw(st.booleans()):
            return b"\x30\x80" + b"".join(children) + b"\x00\x00"
        return der.encode_tlv(der.SEQUENCE, *children)

    assert der.encode_definite(encode(tree, indefinite=True)) == encode(tree, indefinite=False)


def test_joins_strings_in_pieces() -> None:
    pieces = bytes.fromhex("2480 0402 6162 2404 0402 6364 0000")
    assert der.encode_definite(pieces) == b"\x04\x04abcd"


@pytest.mark.parametrize(
    "data",
    [
        "0480616200 00",  # primitive, indefinite
        "2480 0201 05 0000",  # a string made of integers
        "3080",
        "3080 0500",
        "3080 0500 00",
        "3003 0500",
        "0500 00",
        "3080 0000 0000",
        "1f80",
        "30 84 ffffffff 00",
    ],
)
def test_refuses_broken_ber(data: str) -> None:
    with pytest.raises(BadSyntax):
        der.encode_definite(bytes.fromhex(data))


def test_nesting_and_number_of_elements_are_bounded() -> None:
    with pytest.raises(BadSyntax):
        der.encode_definite(b"\x30\x80" * 100_000)
    with pytest.raises(BadSyntax):
        der.encode_definite(b"\x30\x80" + b"\x05\x00" * 600_000 + b"\x00\x00")
