"""How a FETCH response names its sections, and how it ends (RFC 9051 §7.5.2)."""

from mssmail.imap.wire.commands import FetchSection, Section
from mssmail.imap.wire.writer import encode_astring

FETCH_END = b")\r\n"
BRACKETED = frozenset({"BODY", "BINARY", "BINARY.SIZE"})  # their section is part of the label


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
