"""XML from strangers: no DTD, no entity, no network, bounded; then small tolerant readings of its elements."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lxml import etree

from mssmail.documents.limits import MAX_ATTRIBUTES, MAX_DOCUMENT_BYTES, MAX_ELEMENTS, MAX_TEXT
from mssmail.documents.words import clean_value
from mssmail.errors import BadDocument

Element = etree._Element  # lxml has no public name for it

DTD: Final = "DTD/entity declaration"
NOT_XML: Final = "not well-formed XML"

_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_UTF_8_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Encodings in which "<" is the byte we count; others (UTF-7, EBCDIC) hide what stands in them.
_ENCODINGS = frozenset(
    (b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252", b"latin1")
)
_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SHORTEST_ELEMENT, _SHORTEST_ATTRIBUTE, _SMALL_BYTES = len("<a/>"), len(' a=""'), 1_048_576
_elements = etree.XPath("count(descendant::*)")
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def parse_xml(data: bytes) -> Element:
    """The root element; raises BadDocument."""
    _check_text(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,  # which also bounds depth (256) and the length of one text (10 MB)
        recover=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadDocument(NOT_XML) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadDocument(DTD)
    if _SHORTEST_ELEMENT * MAX_ELEMENTS < len(data) <= _SMALL_BYTES and _count_elements(root) > MAX_ELEMENTS:
        raise BadDocument("too large")
    return root


def _count_elements(root: Element) -> int:
    return int(str(_elements(root)).partition(".")[0])  # XPath knows no whole numbers


def _check_text(data: bytes) -> None:
    """What can be said before a parser sees it. The counts are of marks, so never too low."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise BadDocument("too large")
    plain = data.replace(b"\x00", b"") if data.startswith(_UTF_16) else data
    start = plain[:512].removeprefix(_UTF_8_MARK).removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()
    if not start.startswith(b"<"):
        raise BadDocument(NOT_XML)
    declared = _DECLARED.match(start)
    if declared is not None and declared[1].lower() not in _ENCODINGS:
        raise BadDocument("unknown encoding")
    if _has_too_many(plain):
        raise BadDocument("too large")
    if _FORBIDDEN.search(plain) if plain is not data else _declares(plain):
        raise BadDocument(DTD)


def _has_too_many(data: bytes) -> bool:
    """Elements or attributes, before a parser makes objects of them; in small documents they are counted afterwards."""
    if len(data) > _SMALL_BYTES:
        marks = data.count(b"<")
        if marks > MAX_ELEMENTS and marks - data.count(b"</") > MAX_ELEMENTS:
            return True
    return len(data) > _SHORTEST_ATTRIBUTE * MAX_ATTRIBUTES and data.count(b"=") > MAX_ATTRIBUTES


def _declares(data: bytes) -> bool:
    """A DOCTYPE stands before the root element or nowhere (XML 1.0, production 22), and entities inside it."""
    place = data.find(b"<")
    while place >= 0:
        if data.startswith(b"<!--", place):
            place = data.find(b"-->", place + 4)
        elif data.startswith(b"<?", place):
            place = data.find(b"?>", place)
        else:
            return data.startswith(b"<!", place)
        place = data.find(b"<", place) if place >= 0 else -1
    return False


@lru_cache(maxsize=512)
def _split_path(path: str, namespace: str) -> tuple[str, ...]:
    """The tags of ``a/b/c``; the paths are ours, so they are few."""
    return tuple(f"{{{namespace}}}{step}" for step in path.split("/"))


def find_path(element: Element | None, path: str, namespace: str) -> Element | None:
    """The first element at ``a/b/c``, every step a child of that name in the namespace."""
    for tag in _split_path(path, namespace):
        if element is None:
            return None
        element = next(element.iterchildren(tag), None)
    return element


def iterate_path(element: Element | None, path: str, namespace: str) -> Iterator[Element]:
    """All elements at ``a/b/c``."""
    *steps, last = _split_path(path, namespace)
    level = [] if element is None else [element]
    for tag in steps:
        level = [child for each in level for child in each.iterchildren(tag)]
    for each in level:
        yield from each.iterchildren(last)


def read_attribute(element: Element | None, name: str) -> str | None:
    """The attribute, stripped; None when it is absent or empty."""
    value = None if element is None else element.get(name)
    return clean_value(value) or None if value is not None else None


def read_type(element: Element) -> str | None:
    """The local part of xsi:type: prefixes differ (``PQ``, ``c:PQ``)."""
    value = element.get(_XSI_TYPE)
    return None if value is None else value.rpartition(":")[2].strip()[:MAX_TEXT]


def read_text(element: Element | None) -> str | None:
    """All text inside, blanks joined; None when there is none."""
    if element is None:
        return None
    return clean_value("".join(itertext(element))) or None


def itertext(element: Element) -> Iterator[str]:
    """The pieces of text inside, as many as are of use."""
    taken = 0
    for piece in element.itertext(with_tail=False):
        yield str(piece)
        taken += len(piece)
        if taken > 4 * MAX_TEXT:
            return
