"""What FETCH may ask for (RFC 3501 §6.4.5, RFC 9051 §6.4.5)."""

import re

from mssmail.errors import BadSyntax
from mssmail.imap.wire.cursor import MAX_NUMBER64, Cursor
from mssmail.imap.wire.fetch_values import FetchItem, FetchSection, Item, Section

MAX_DEPTH = 100  # twice as deep as parts are read

_NAME = re.compile(rb"[A-Za-z0-9.]++")
_FIELD = re.compile(rb"[\x20-\x7e]++")
_WORD = re.compile(rb"[A-Za-z.]++")

_FAST = (FetchItem("FLAGS"), FetchItem("INTERNALDATE"), FetchItem("RFC822.SIZE"))
_ALL = (*_FAST, FetchItem("ENVELOPE"))
_MACROS: dict[bytes, tuple[Item, ...]] = {b"FAST": _FAST, b"ALL": _ALL, b"FULL": (*_ALL, FetchItem("BODY"))}

_PLAIN_ITEMS = (
    *("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"),
    *("MODSEQ", "SAVEDATE", "EMAILID", "THREADID"),  # RFC 7162 §3.1.4.2, RFC 8514 §4.1, RFC 8474 §5.3
)
_ITEMS: dict[bytes, Item] = {
    **{name.encode("ascii"): FetchItem(name) for name in _PLAIN_ITEMS},
    # RFC 3501 §6.4.5: the same as BODY[], BODY.PEEK[HEADER] and BODY[TEXT] but for the name in the answer.
    b"RFC822": FetchSection(Section(), label="RFC822"),
    b"RFC822.HEADER": FetchSection(Section(text="HEADER"), peek=True, label="RFC822.HEADER"),
    b"RFC822.TEXT": FetchSection(Section(text="TEXT"), label="RFC822.TEXT"),
}
_LAZY = re.compile(rb" \((?:LAZY )*+LAZY\)", re.IGNORECASE)
_FIELD_LISTS = (b"HEADER.FIELDS", b"HEADER.FIELDS.NOT")


# "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
def parse_fetch_items(cursor: Cursor) -> tuple[Item, ...]:
    """What is asked for, macros expanded, each thing once."""
    if cursor.is_at(b"("):
        return parse_fetch_list(cursor)
    name = _parse_name(cursor)
    return _MACROS.get(name) or (_parse_item(cursor, name),)


# "(" fetch-att *(SP fetch-att) ")"
def parse_fetch_list(cursor: Cursor) -> tuple[Item, ...]:
    """What is asked for, each thing once; no macros."""
    return tuple(dict.fromkeys(cursor.expect_list(lambda: _parse_item(cursor, _parse_name(cursor)))))


def _parse_name(cursor: Cursor) -> bytes:
    return cursor.expect_match(_NAME, "what to fetch").upper()


# fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] / "UID" /
#             "BODY" ["STRUCTURE"] / "BODY" section ["<" number "." nz-number ">"] /
#             "BODY.PEEK" section ["<" number "." nz-number ">"] /
#             "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary /
#             "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]; preview-mod = "LAZY"; RFC 8970 §6
def _parse_item(cursor: Cursor, name: bytes) -> Item:
    if name == b"BODY.PEEK" or (name == b"BODY" and cursor.is_at(b"[")):
        section = _parse_section(cursor)
        return FetchSection(section, peek=name == b"BODY.PEEK", partial=_parse_partial(cursor))
    if name in {b"BINARY", b"BINARY.PEEK"}:  # section-binary has part numbers only; Dovecot's clients ask for more
        section = _parse_section(cursor)
        return FetchSection(section, peek=name == b"BINARY.PEEK", partial=_parse_partial(cursor), label="BINARY")
    if name == b"BINARY.SIZE":
        return FetchSection(_parse_section(cursor), peek=True, label="BINARY.SIZE")
    if name == b"PREVIEW":
        return FetchItem("PREVIEW", is_lazy=cursor.try_match(_LAZY) is not None)
    item = _ITEMS.get(name)
    if item is None:
        raise BadSyntax("there is no such thing to fetch")
    return item


# section = "[" [section-spec] "]"
# section-spec = section-msgtext / (section-part ["." section-text])
# section-part = nz-number *("." nz-number)
def _parse_section(cursor: Cursor) -> Section:
    cursor.expect_text(b"[")
    part: list[int] = []
    while not cursor.is_at(b"]"):
        word = cursor.try_match(_WORD)
        if word is not None:
            return _parse_section_text(cursor, tuple(part), word[0].upper())
        if len(part) == MAX_DEPTH:
            raise BadSyntax("no part lies that deep")
        part.append(cursor.expect_nz_number())
        if not cursor.try_text(b"."):
            break
        if cursor.is_at(b"]"):
            raise BadSyntax("a part number is missing")
    cursor.expect_text(b"]")
    return Section(tuple(part))


# section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
# section-text = section-msgtext / "MIME"
def _parse_section_text(cursor: Cursor, part: tuple[int, ...], word: bytes) -> Section:
    fields: tuple[str, ...] = ()
    if word in _FIELD_LISTS:
        cursor.expect_space()
        fields = cursor.expect_list(lambda: _parse_field_name(cursor))
    elif word not in {b"HEADER", b"TEXT"} and not (word == b"MIME" and part):
        raise BadSyntax("there is no such section")
    cursor.expect_text(b"]")
    return Section(part, word.decode("ascii"), fields)


# header-fld-name = astring
def _parse_field_name(cursor: Cursor) -> str:
    name = cursor.expect_astring("the name of a header field")
    if not _FIELD.fullmatch(name):  # it comes back in the answer's label
        raise BadSyntax("a header field's name is printable ASCII")
    return name.decode("ascii")


# partial = "<" number "." nz-number ">"; without a length, as Dovecot's clients may write it, up to the end
def _parse_partial(cursor: Cursor) -> tuple[int, int] | None:
    if not cursor.try_text(b"<"):
        return None
    offset = cursor.expect_number(MAX_NUMBER64)
    length = cursor.expect_nz_number(MAX_NUMBER64) if cursor.try_text(b".") else MAX_NUMBER64
    cursor.expect_text(b">")
    return offset, length
