"""METADATA.XML as generators really write it."""

import pytest

from mssmail.documents.metadata import find_number, parse_metadata, unescape_twice
from mssmail.errors import BadDocument
from tests.support.health import INS, make_entry, make_metadata


def test_reads_an_entry() -> None:
    metadata = parse_metadata(make_metadata(make_entry("DOC.XML", b"abc")))
    entry = metadata.entries[0]
    assert (entry.uri, entry.media_type, entry.size, entry.type_code) == ("DOC.XML", "text/xml", "3", "11502-2")
    assert entry.sha1 == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert find_number(entry.patient_id) == find_number(metadata.patient_id) == INS


def test_identifiers_escaped_twice_are_read() -> None:
    assert unescape_twice("1^^^&amp;amp;2&amp;ISO") == "1^^^&2&ISO"
    twice = make_entry("D", b"", patient_id=f"{INS}^^^&amp;amp;1.2&amp;amp;ISO^NH")
    assert parse_metadata(make_metadata(twice)).entries[0].patient_id == f"{INS}^^^&1.2&ISO^NH"


def test_schemes_without_urn_and_other_prefixes_are_read() -> None:
    raw = (
        make_metadata(make_entry("D", b"")).replace(b"urn:uuid:", b"").replace(b"rim:", b"q:").replace(b":rim=", b":q=")
    )
    raw = raw.replace(b"ebxml-regrep:xsd:q:3.0", b"ebxml-regrep:xsd:rim:3.0")
    assert find_number(parse_metadata(raw).entries[0].patient_id) == INS


def test_a_long_uri_in_pieces_is_joined_in_their_order() -> None:
    raw = make_metadata(make_entry("X", b"")).replace(
        b"<rim:Value>X</rim:Value>", b"<rim:Value>2|B.XML</rim:Value><rim:Value>1|A</rim:Value>"
    )
    assert parse_metadata(raw).entries[0].uri == "AB.XML"


@pytest.mark.parametrize(("cx", "number"), [("", ""), ("null^^^&null&ISO", ""), ("1 2 3^^^&x", "123"), ("7", "7")])
def test_the_number_of_an_identifier(cx: str, number: str) -> None:
    assert find_number(cx) == number


@pytest.mark.parametrize("raw", [b"<a/>", b"<!DOCTYPE a><a/>", b"", make_metadata(make_entry("D", b"") * 101)])
def test_refuses(raw: bytes) -> None:
    with pytest.raises(BadDocument):
        parse_metadata(raw)
