"""What the reading worker does with a message: the health documents in it, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from mssmail.core.examination import Examination, Index
from mssmail.core.message import Span
from mssmail.core.verdict import UNSIGNED
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.errors import BadSyntax
from mssmail.mime.parts import scan
from mssmail.smime.signed_data import parse_signed_data
from mssmail.smime.structure import find_layer
from mssmail.workers.process import Examine

_NO_INDEX = Index(b"", b"", b"", b"", Span(0, 0))


@dataclass(frozen=True, slots=True)
class ReadingSnapshot:
    """What a reading worker is told once."""

    neutral: frozenset[str]
    test_space: bool
    generation: int = 0


def build_read(snapshot: object, _authserv_id: str) -> Examine:
    """The reading function; its examinations hold findings and no verdict."""
    if not isinstance(snapshot, ReadingSnapshot):
        raise TypeError(f"no reading snapshot: {type(snapshot).__name__}")
    reading = Reading(snapshot.neutral, snapshot.test_space)

    def read(data: bytes, _at: datetime, _verify: bool) -> Examination:
        return Examination(UNSIGNED, _NO_INDEX, findings=read_message(open_layer(data), reading).findings)

    return read


def open_layer(data: bytes) -> bytes:
    """The message with its content in the open when the signature's CMS message holds it (RFC 8551 §3.5.2).

    Whether the signature is right has been judged before; here it only has to be looked behind.
    """
    root = scan(data)
    layer = find_layer(data, root)
    if not layer.is_opaque:
        return data
    try:
        content = parse_signed_data(layer.cms).content
    except BadSyntax:
        return data
    if content is None:
        return data
    # The outer header stays in front for the fields of the sender's software; the inner one is a part of its own.
    header = b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
    fields = b"".join(
        line for line in data[: root.header.end].splitlines(keepends=True) if line.lower().startswith((b"x-mss-",))
    )
    return fields + header + content
