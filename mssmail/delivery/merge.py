"""Letters from a template and the rows of a CSV file: strict about both, so that nobody gets a letter half filled in.

A template is a message in text: header fields, a blank line, the body, all UTF-8, with ``{{column}}`` where a row's
value goes and ``{{column?}}`` where it may be empty. A value never ends a field: control characters are refused, and
fields are written by the standard library, which encodes them.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Final

from mssmail.core.address import Address, parse_address
from mssmail.errors import BadMerge, BadSyntax

MAX_TEMPLATE_BYTES: Final = 1_048_576
MAX_CSV_BYTES: Final = 33_554_432
MAX_ROWS: Final = 100_000
_ALLOWED: Final = {name.lower(): name for name in ("To", "Subject", "Reply-To", "X-MSS-MES", "X-MSS-NIL")}
_REQUIRED: Final = ("To", "Subject")
_SEVEN_BIT = SMTP.clone(cte_type="7bit")  # what is signed must pass any hop (RFC 8551 §3.1.3)
_MERGE = re.compile(r"\{\{\s*([^{}?]+?)\s*(\?)?\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: its fields by name, its body, and where it came from for faults."""

    fields: Mapping[str, str]
    body: str
    source: str

    @property
    def columns(self) -> frozenset[str]:
        """The columns it asks for."""
        texts = (*self.fields.values(), self.body)
        return frozenset(match[1] for text in texts for match in _MERGE.finditer(text))

    @property
    def to_column(self) -> str:
        """The column that the recipient comes from, for faults."""
        found = _MERGE.search(self.fields["To"])
        return "To" if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file; ``number`` is its row as spreadsheets count, the names being row 1."""

    number: int
    values: Mapping[str, str]
    source: str

    def fault(self, reason: str, column: str = "") -> BadMerge:
        """What is wrong with it, said with row and column."""
        return BadMerge(reason, file=self.source, row=self.number, column=column or None)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, for which campaign, when."""

    author: Address
    author_name: str
    campaign: str
    at: datetime
    wants_receipt: bool = False
    product: str = ""  # X-MSS-NIL where the template has none


def parse_template(raw: bytes, source: str) -> Template:
    """The template; raises BadMerge."""
    text = _decode(raw, MAX_TEMPLATE_BYTES, source).replace("\r\n", "\n")
    head, blank, body = text.partition("\n\n")
    if not blank or not body.strip():
        raise BadMerge("a template has header fields, a blank line and a body", file=source)
    fields: dict[str, str] = {}
    for number, line in enumerate(head.split("\n"), 1):
        name, colon, value = line.partition(":")
        known = _ALLOWED.get(name.strip().lower())
        if not colon or known is None:
            allowed = ", ".join(_ALLOWED.values())
            raise BadMerge(
                f"{name.strip()[:60]!r} is no field for a template; allowed are {allowed}", file=source, row=number
            )
        if known in fields:
            raise BadMerge(f"{known} is there twice", file=source, row=number)
        fields[known] = value.strip()
    missing = [name for name in _REQUIRED if not fields.get(name)]
    if missing:
        raise BadMerge(f"the template has no {missing[0]}", file=source)
    template = Template(fields, body.rstrip("\n") + "\n", source)
    for part in (*fields.values(), body):
        if _BRACES.search(_MERGE.sub("", part)):
            raise BadMerge("a pair of braces {{…}} is not closed, or empty", file=source)
    return template


def parse_rows(raw: bytes, source: str) -> Sequence[Row]:
    """The rows of a CSV file with names in its first line, separated by ``;`` or ``,``; raises BadMerge."""
    text = _decode(raw, MAX_CSV_BYTES, source)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return list(_read_rows(reader, source))


def _read_rows(reader: Iterator[list[str]], source: str) -> Iterator[Row]:
    line = 1
    try:
        names = [name.strip() for name in next(reader, [])]
        if not any(names):
            raise BadMerge("the file is empty; its first line names the columns", file=source)
        double = next((name for name in names if name and names.count(name) > 1), None)
        if double is not None or not all(names):
            raise BadMerge(
                f"a column's name is {'there twice' if double else 'empty'}", file=source, row=1, column=double
            )
        for cells in reader:
            line += 1
            if not any(cell.strip() for cell in cells):
                continue  # a blank line
            if line > MAX_ROWS:
                raise BadMerge(f"more than {MAX_ROWS} rows", file=source, row=line)
            if len(cells) != len(names):
                raise BadMerge(f"{len(cells)} values for {len(names)} columns", file=source, row=line)
            yield Row(line, {name: cell.strip() for name, cell in zip(names, cells, strict=True)}, source)
    except csv.Error as error:
        raise BadMerge(str(error), file=source, row=line + 1) from error


def check_columns(template: Template, rows: Sequence[Row]) -> None:
    """Raise BadMerge unless there are rows, and they have every column the template asks for."""
    if not rows:
        raise BadMerge("there is no row to write to", file=template.source)
    missing = sorted(template.columns - rows[0].values.keys())
    if missing:
        raise BadMerge(f"the template asks for a column that {rows[0].source} does not have", column=missing[0])


def build_letter(template: Template, row: Row, head: Letterhead) -> tuple[Address, bytes]:
    """The recipient and the message, unsigned; raises BadMerge with row and column.

    Its Message-ID is made of campaign and recipient: built again, it is the same message.
    """
    recipient = _read_recipient(template, row)
    message = EmailMessage(_SEVEN_BIT)
    name = head.author_name.replace("=?", "= ?")  # for the same reason as in _fill
    message["From"] = formataddr((name, str(head.author))) if name else str(head.author)
    message["To"] = str(recipient)
    for name, text in template.fields.items():
        if name != "To" and (value := _fill(text, row, is_header=True)):
            message[name] = value
    if head.product and "X-MSS-NIL" not in message:
        message["X-MSS-NIL"] = head.product
    if head.wants_receipt:
        message["Disposition-Notification-To"] = str(head.author)
    message["Date"] = format_datetime(head.at)
    digest = hashlib.sha256(f"{head.author.key}\0{head.campaign}\0{recipient.key}".encode()).hexdigest()
    message["Message-ID"] = f"<{digest[:32]}@{head.author.domain}>"
    message.set_content(_fill(template.body, row, is_header=False))
    return recipient, message.as_bytes()


def _read_recipient(template: Template, row: Row) -> Address:
    """The one address To comes to."""
    text = _fill(template.fields["To"], row, is_header=True)
    try:
        return parse_address(text)
    except BadSyntax as error:
        raise row.fault(f"{text[:80]!r} is no address: {error}", template.to_column) from error


def _fill(text: str, row: Row, *, is_header: bool) -> str:
    def fill(match: re.Match[str]) -> str:
        name, is_optional = match[1], match[2] is not None
        if name not in row.values:
            raise row.fault("there is no such column", name)
        value = row.values[name]
        if not value and not is_optional:
            raise row.fault("the value is missing", name)
        allowed = "" if is_header else "\n\t"
        if any(not each.isprintable() and each not in allowed for each in value.replace("\r\n", "\n")):
            raise row.fault("the value holds a line end or another control character", name)
        return value

    filled = _MERGE.sub(fill, text)
    if is_header and "=?" in filled:
        # The standard library decodes encoded words (RFC 2047) in what it is given, and a line end may hide in one.
        used = _MERGE.search(text)
        raise row.fault("the value looks like an encoded word: =? must not be in it", used[1] if used else "")
    return " ".join(filled.split()) if is_header else filled


def _decode(raw: bytes, longest: int, source: str) -> str:
    if len(raw) > longest:
        raise BadMerge(f"the file is larger than {longest} octets", file=source)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadMerge("the file is not UTF-8", file=source, row=line) from error
