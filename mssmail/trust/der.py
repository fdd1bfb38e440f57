"""DER, read by offsets and written: just the tags, lengths and values that certificates and CMS are made of.

``read_tlv`` is strict (X.690 §10.1: definite lengths in the fewest octets). ``encode_definite`` makes BER with
indefinite lengths and strings in pieces readable by it, within bounds.
"""

from typing import Final

from mssmail.errors import BadSyntax

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0  # [0], constructed
CONTEXT_1: Final = 0xA1
CONTEXT_2: Final = 0xA2
CONTEXT_3: Final = 0xA3
PRIMITIVE_0: Final = 0x80  # [0] IMPLICIT of a string, primitive

_CONSTRUCTED: Final = 0x20
_OCTETS_IN_PIECES: Final = OCTET_STRING | _CONSTRUCTED
_MAX_LENGTH_OCTETS: Final = 4
_MAX_DEPTH: Final = 48
_MAX_ELEMENTS: Final = 100_000


def read_tlv(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, start and end of the contents of the element at ``at``; raises BadSyntax unless it is DER within ``end``."""
    if at + 2 > end:
        raise BadSyntax("an element is cut off")
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= 0x80:
        count = length - 0x80
        if not 1 <= count <= _MAX_LENGTH_OCTETS or start + count > end:
            raise BadSyntax("a length is indefinite or too long")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
        if length < 0x80 or length < 1 << (8 * (count - 1)):
            raise BadSyntax("a length is not in its shortest form")
    if tag & 0x1F == 0x1F:
        raise BadSyntax("a tag number is above 30")
    if start + length > end:
        raise BadSyntax("an element is cut off")
    return tag, start, start + length


def expect_tlv(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Start and end of the contents of the element at ``at``, which must have this tag; raises BadSyntax."""
    found, start, stop = read_tlv(data, at, end)
    if found != tag:
        raise BadSyntax(f"tag {tag:02X} is wanted, {found:02X} found")
    return start, stop


def split_elements(data: bytes, at: int, end: int, limit: int) -> list[tuple[int, int, int, int]]:
    """(tag, start of the element, start and end of its contents) of each element; raises BadSyntax above ``limit``."""
    found: list[tuple[int, int, int, int]] = []
    while at < end:
        if len(found) == limit:
            raise BadSyntax(f"more than {limit} elements")
        tag, start, stop = read_tlv(data, at, end)
        found.append((tag, at, start, stop))
        at = stop
    return found


def encode_tlv(tag: int, *contents: bytes) -> bytes:
    """One element."""
    value = b"".join(contents)
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 + len(length))) + length + value


def encode_set(*elements: bytes) -> bytes:
    """A SET OF: elements in ascending order of their encodings (X.690 §11.6)."""
    return encode_tlv(SET, *sorted(elements))


def encode_integer(value: int) -> bytes:
    """An INTEGER, not negative."""
    return encode_tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_oid_value(dotted: str) -> bytes:
    """The contents of an OBJECT IDENTIFIER, without tag and length (X.690 §8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return b"".join(_encode_arc(arc) for arc in (first * 40 + second, *rest))


def encode_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return encode_tlv(OID, encode_oid_value(dotted))


def _encode_arc(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def describe_oid(value: bytes) -> str:
    """The dotted text of an OBJECT IDENTIFIER's contents, for reasons."""
    arcs, arc = [], 0
    for octet in value[:64]:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs:
        return "?"
    first = min(arcs[0] // 40, 2)
    return ".".join(str(each) for each in (first, arcs[0] - 40 * first, *arcs[1:]))


def encode_definite(data: bytes) -> bytes:
    """The BER element with definite lengths and OCTET STRINGs in one piece; raises BadSyntax, also beyond our bounds.

    Everything that was DER keeps its bytes.
    """
    converter = _Converter(data)
    element, at = converter.convert(0, len(data), 0)
    if at != len(data):
        raise BadSyntax("octets follow the element")
    return element


class _Converter:
    """One conversion: counts elements, so that a bomb of tiny ones ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._elements = 0

    def convert(self, at: int, end: int, depth: int) -> tuple[bytes, int]:
        """The element at ``at`` converted, and where the next one starts."""
        self._elements += 1
        if depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise BadSyntax("nested too deep, or in too many pieces")
        tag, start, stop = self._read_header(at, end)
        if not tag & _CONSTRUCTED:
            if stop is None:
                raise BadSyntax("a primitive element has an indefinite length")
            return encode_tlv(tag, self._data[start:stop]), stop
        children, after = self._convert_children(start, end if stop is None else stop, depth, ends_itself=stop is None)
        if tag == _OCTETS_IN_PIECES:
            return encode_tlv(OCTET_STRING, *(_cut_octets(child) for child in children)), after
        return encode_tlv(tag, *children), after

    def _convert_children(self, at: int, end: int, depth: int, *, ends_itself: bool) -> tuple[list[bytes], int]:
        children: list[bytes] = []
        while True:
            if ends_itself and self._data[at : at + 2] == b"\x00\x00" and at + 2 <= end:
                return children, at + 2
            if at == end and not ends_itself:
                return children, at
            child, at = self.convert(at, end, depth + 1)
            children.append(child)

    def _read_header(self, at: int, end: int) -> tuple[int, int, int | None]:
        """Tag, start of the contents and their end, None when that is marked by end-of-contents (X.690 §8.1.3.6)."""
        data = self._data
        if at + 2 > end:
            raise BadSyntax("an element is cut off")
        tag, length, start = data[at], data[at + 1], at + 2
        if tag & 0x1F == 0x1F or tag == 0:
            raise BadSyntax("a tag is unknown")
        if length == 0x80:
            return tag, start, None
        if length > 0x80:
            count = length - 0x80
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if start + length > end:
            raise BadSyntax("an element is cut off")
        return tag, start, start + length


def _cut_octets(element: bytes) -> bytes:
    start, stop = expect_tlv(element, 0, len(element), OCTET_STRING)
    return element[start:stop]
