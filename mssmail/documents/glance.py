"""A glance at the parts of a message: what could be a health document. Nothing is unpacked or parsed here.

The examining workers do this for every message; the libraries that read documents are not loaded for it.
"""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice
from typing import Final

from mssmail.documents.hprim import decode_hprim, is_header
from mssmail.documents.hprim_sante import is_hprim_sante
from mssmail.mime.headers import clip_header, select_fields
from mssmail.mime.text import decode_body
from mssmail.mime.tree import Part

FIELD_NAMES: Final = ("x-mss-codecda", "x-mss-ins", "x-mss-nil", "x-mss-mes")
GLANCED_PARTS: Final = 200
XDM_NAME: Final = re.compile(r"ihe[_ -]?xdm", re.IGNORECASE)
_PEEKED_BYTES: Final = 8_192  # of the encoded body: enough for the header of an HPRIM text
_PEEKED_LINES: Final = 80
_LINE = re.compile(r"\r\n|\r|\n")
ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06")
XML_STARTS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")
HPRIM_ENDINGS: Final = (".hpr", ".hpm", ".hprim")


class DocumentKind(Enum):
    """What a file is, by name or content."""

    XDM = "xdm"
    CDA = "cda"
    HPRIM = "hprim"


def may_hold_documents(data: bytes, root: Part) -> bool:
    """Whether reading could find anything, by a glance at each part: nothing is unpacked."""
    if select_fields(data, clip_header(root.header), *FIELD_NAMES):
        return True
    return any(glance_at(data, part) is not None for part in islice(iterate_leaves(root), GLANCED_PARTS))


def iterate_leaves(root: Part) -> Iterator[Part]:
    """All leaves, but what a report returns of our own mail: that is no new result (RFC 6522 §3)."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.children:
            yield part
        elif part.type == "multipart" and part.subtype == "report":
            waiting.extend(child for child in reversed(part.children) if not child.is_message)
        else:
            waiting.extend(reversed(part.children))


def glance_at(data: bytes, part: Part) -> DocumentKind | None:
    """What the part could be, by its first bytes and its name."""
    start = decode_body(data[part.body.start : min(part.body.end, part.body.start + _PEEKED_BYTES)], part.encoding)
    return _find_candidate(part, part.file_name or "", start)


def _find_candidate(part: Part, name: str, start: bytes) -> DocumentKind | None:
    """What it could be; senders' types are as often wrong as right, so its first bytes count."""
    lower = name.lower()
    if start.startswith(ZIP_STARTS) or (lower.endswith(".zip") and XDM_NAME.search(name)):
        return DocumentKind.XDM
    if lower.endswith(HPRIM_ENDINGS) or is_hprim_sante(start):
        return DocumentKind.HPRIM
    if start.lstrip().startswith(XML_STARTS) and part.subtype != "html":
        return DocumentKind.CDA
    is_text = part.type == "text" and part.subtype == "plain"
    if (is_text or lower.endswith(".txt")) and _may_be_hprim(start):
        return DocumentKind.HPRIM
    return None


def _may_be_hprim(start: bytes) -> bool:
    lines = _LINE.split(decode_hprim(start), _PEEKED_LINES)
    blank = next((number for number, line in enumerate(lines[:50]) if line.strip()), 0)
    return is_header(lines) or is_header(lines[blank:])
