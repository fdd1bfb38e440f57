"""XML that attacks its reader."""

import pytest

from mssmail.documents.limits import MAX_ELEMENTS
from mssmail.documents.xml import find_path, parse_xml, read_attribute, read_text, read_type
from mssmail.errors import BadDocument


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DTD"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTD"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "DTD"),
        ("<!DOCTYPE a><a/>".encode("utf-16-be"), "DTD"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "encoding"),
        ('<?xml version="1.0" encoding="cp037"?><a/>'.encode("cp037"), "well-formed"),
        (b"<a><b></a>", "well-formed"),
        (b"<a>&undefined;</a>", "well-formed"),
        (b"not xml", "well-formed"),
        (b"", "well-formed"),
        (b"<x:a/>", "well-formed"),
        (b"<a>" + b"<b/>" * (MAX_ELEMENTS + 1) + b"</a>", "too large"),
        (b"<a" + b"".join(b' a%d="1"' % number for number in range(500_001)) + b"/>", "too large"),
        (b"<a>" * 300 + b"</a>" * 300, "too deep|well-formed"),
        (b"<a>" + b"x" * 11_000_000 + b"</a>", "well-formed"),
        (b"<a>" + b" " * 21_000_000 + b"</a>", "too large"),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(BadDocument, match=reason):
        parse_xml(data)


def test_style_sheets_and_comments_are_dropped_unread() -> None:
    root = parse_xml(b'\xef\xbb\xbf<?xml-stylesheet href="http://x/"?><a><!-- c --><?pi x?>text</a>')
    assert [child.tag for child in root] == []
    assert read_text(root) == "text"


def test_reads_utf_16() -> None:
    assert parse_xml("<?xml version='1.0' encoding='UTF-16'?><a>é</a>".encode("utf-16")).text == "é"


def test_attributes_and_types_are_read_without_prefix_and_empty_is_absent() -> None:
    root = parse_xml(
        b'<n:a xmlns:n="u" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><n:b v=" 1 " e="" x:type="c:PQ"/></n:a>'
    )
    element = find_path(root, "b", "u")
    assert element is not None
    assert (read_attribute(element, "v"), read_attribute(element, "e"), read_attribute(None, "v")) == ("1", None, None)
    assert read_type(element) == "PQ"
    assert find_path(root, "b/c/d", "u") is None
