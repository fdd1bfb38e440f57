r"""FETCH responses in pieces, so that a message of 50 MB is streamed, not gathered (RFC 9051 §7.5.2).

A response is ``encode_fetch_start``, items with a blank between them, and FETCH_END. A section is
``encode_section_start`` and then as many octets as it announced::

    * 12 FETCH (UID 5 BODY[] {6}\r\nabc\r\n)
"""

from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.imap.wire.writer import NIL, encode_astring, encode_literal_start

FETCH_END = b")\r\n"
BRACKETED = frozenset({"BODY", "BINARY", "BINARY.SIZE"})  # their section is part of the label


def encode_fetch_start(number: int) -> bytes:
    """``* 12 FETCH (``."""
    return b"* %d FETCH (" % number


def encode_item(name: str, value: bytes) -> bytes:
    """``UID 5``: an item whose value is ready for the wire."""
    return name.encode("ascii") + b" " + value


def encode_section_start(item: FetchSection, size: int) -> bytes:
    """``BODY[1]<0> {n}`` CRLF; ``size`` octets follow."""
    return encode_section_label(item) + b" " + encode_literal_start(size)


def encode_missing_section(item: FetchSection) -> bytes:
    """A section of a part that the message does not have."""
    return encode_section_label(item) + b" " + NIL


# msg-att-static = … "BODY" section ["<" number ">"] SP nstring / "RFC822" [".HEADER" / ".TEXT"] SP nstring …
def encode_section_label(item: FetchSection) -> bytes:
    """How the answer names what was asked for: without PEEK, and of a partial only where it begins."""
    if item.label not in BRACKETED:
        return item.label.encode("ascii")
    origin = b"" if item.partial is None else b"<%d>" % item.partial[0]
    return item.label.encode("ascii") + encode_section(item.section) + origin


def encode_section(section: Section) -> bytes:
    """``[1.2.HEADER.FIELDS (DATE FROM)]``."""
    words = [str(number) for number in section.part]
    if section.text:
        words.append(section.text)
    fields = b" ".join(encode_astring(field.encode("ascii")) for field in section.fields)
    return b"[" + ".".join(words).encode("ascii") + (b" (" + fields + b")" if fields else b"") + b"]"
