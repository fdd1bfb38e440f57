"""What FETCH may ask for, as values; the grammar is in ``fetch_items``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """What stands between the brackets of BODY[…]: part numbers, then HEADER, HEADER.FIELDS…, MIME, TEXT or nothing."""

    part: tuple[int, ...] = ()
    text: str = ""  # HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME or empty
    fields: tuple[str, ...] = ()  # field names as written


@dataclass(frozen=True, slots=True)
class FetchItem:
    """An item without a section: UID, FLAGS, INTERNALDATE, RFC822.SIZE, ENVELOPE, BODY, BODYSTRUCTURE, MODSEQ …"""

    name: str
    is_lazy: bool = False  # PREVIEW (LAZY): only where it costs no time (RFC 8970 §4)


@dataclass(frozen=True, slots=True)
class FetchSection:
    """BODY[section]<partial>. ``label`` is how the response names it: RFC822 and its kin keep their own name.

    BINARY[part] is the part's content without its Content-Transfer-Encoding, BINARY.SIZE how long that is (RFC 3516).
    """

    section: Section
    peek: bool = False
    partial: tuple[int, int] | None = None  # (offset, length)
    label: str = "BODY"  # BODY, BINARY, BINARY.SIZE, RFC822, RFC822.HEADER or RFC822.TEXT


Item = FetchItem | FetchSection
