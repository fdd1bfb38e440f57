"""What in a header may show a reader somebody else than the author who was checked, or another header altogether."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from mssmail.core.address import Address
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.composition import normalise_text
from mssmail.core.reply import quote_text
from mssmail.mime.addresses import Mailbox, list_mailboxes, parse_addresses
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import Authors, Field, find_sender, select_fields
from mssmail.mime.tree import Part
from mssmail.mime.words import decode_words

# RFC 5322 §3.6 allows each once.
_ONCE: Final = ("sender", "reply-to", "to", "cc", "subject", "date", "message-id")
_NAMES: Final = re.compile(rb"\n(?i:(%b))[ \t]*:" % "|".join(_ONCE).encode())
_MAX_QUOTED: Final = 120
_MAX_FIELDS: Final = 64

# As people read an address, wherever it stands in a name; "Labo@Nord" is none.
_WORD: Final = r"[^\s<>\"'`«»„“”‘’()\[\]{},;:|@]"
_ADDRESS: Final = re.compile(rf"{_WORD}+@{_WORD}+\.{_WORD}+")
# Joiners are letters' business (RFC 5892 §A.1); everything else invisible hides something.
_JOINERS: Final = frozenset("\u200c\u200d")
_HIDING: Final = frozenset(("Cc", "Cf", "Zl", "Zp", "Co", "Cs"))
# Plain names of plain letters, as nearly all are, hide and imitate nothing.
_WORTH_A_LOOK: Final = re.compile(rb"@|=\?|[^\x20-\x7e]| {8}")
_WIDE_GAP: Final = re.compile(r"\s{8,}")
# What stands before the first colon of a line that is no fold and no field (RFC 5322 §2.2).
_NO_NAMES: Final = re.compile(rb"\n(?![!-9;-~]*[ \t]*:)(?![ \t])([^\n:]{1,80}):")
_NO_LETTERS: Final = re.compile(r"[^a-z]+")
_WATCHED: Final = frozenset(("from", "sender", "replyto", "to", "cc", "subject", "date", "contenttype"))
# Letters of other scripts that look like those of the watched names.
_ALIKE: Final = str.maketrans("аеорстуѕԁмгјьіոօοετυικ", "aeopctysdmrjbinooetuik")
_LIKE_MARKS: Final = str.maketrans({"\uff20": "@", "\ufe6b": "@", "\u3002": ".", "\uff61": "."})


def find_notices(data: bytes, root: Part, authors: Authors) -> tuple[Notice, ...]:
    """What is odd about the header, in the order in which it should be told; empty for nearly every message."""
    header = b"\n" + root.header.cut(data)
    names = [name.lower().decode() for name in _NAMES.findall(header)]
    mine = select_fields(data, root.header, "from")
    found = list(_find_look_alikes(header))
    if b"\0" in header or header.count(b"\r") != header.count(b"\r\n"):
        found.append(Notice(Oddity.HEADER_CONTROLS, "the header holds a NUL or a bare CR"))
    if len(mine) > 1:
        found.append(Notice(Oddity.SEVERAL_FROM_FIELDS, f"the message has {len(mine)} From fields"))
    for field in mine[:_MAX_FIELDS]:
        found += _find_name_notices(data, field)
    found += (
        Notice(Oddity.AUTHOR_IN_DOUBT, f"the author is in doubt: {quote_text(doubt, _MAX_QUOTED)}")
        for doubt in authors.doubts
    )
    if "sender" in names:
        found += _find_sender_notices(data, root, authors)
    if len(names) > len(set(names)):
        repeated = ", ".join(key.title() for key in _ONCE if names.count(key) > 1)
        found.append(Notice(Oddity.FIELD_REPEATED, f"more than one {repeated}: readers show the first or the last"))
    return tuple(dict.fromkeys(found))


def _find_look_alikes(header: bytes) -> Iterator[Notice]:
    """Lines that are no field, and whose name looks like that of one: readers are known to take them for it."""
    for name in _NO_NAMES.findall(header):
        looks_like = _strip(decode_text(name)).casefold().translate(_ALIKE)
        if _NO_LETTERS.sub("", looks_like) in _WATCHED:
            shown = quote_text(name.decode("latin-1"), _MAX_QUOTED)
            yield Notice(Oddity.HEADER_LOOK_ALIKE, f"a line that is no field looks like one: {shown}")


def _find_sender_notices(data: bytes, root: Part, authors: Authors) -> Iterator[Notice]:
    for field in select_fields(data, root.header, "sender")[:_MAX_FIELDS]:
        yield from _find_name_notices(data, field)
    sender = find_sender(data, root)
    if sender is None:
        yield Notice(Oddity.SENDER_IN_DOUBT, "Sender does not name one address beyond doubt")
    elif sender not in authors.addresses:
        yield Notice(Oddity.SENDER_DIFFERS, f"Sender is {quote_text(str(sender), _MAX_QUOTED)}, not the author")


def _find_name_notices(data: bytes, field: Field) -> Iterator[Notice]:
    raw = data[field.value.start : field.value.end]
    for mailbox in list_mailboxes(parse_addresses(raw))[:_MAX_FIELDS]:
        if _WORTH_A_LOOK.search(mailbox.name):
            yield from _judge_name(mailbox, field.name)


def _judge_name(mailbox: Mailbox, field: str) -> Iterator[Notice]:
    """The name as written and as decoded, because readers differ in what they decode."""
    shown = dict.fromkeys((mailbox.display, decode_words(mailbox.display.encode()), mailbox.name.decode("latin-1")))
    for name in shown:
        if any(_is_hiding(character) for character in name) or _WIDE_GAP.search(name.strip()):
            reason = f"the name in {field} hides characters: {quote_text(name, _MAX_QUOTED)}"
            yield Notice(Oddity.NAME_HIDES, reason)
        for address in _ADDRESS.findall(_strip(name)):
            if not _is_same(address, mailbox.address):
                reason = f"the name in {field} shows another address: {quote_text(address, _MAX_QUOTED)}"
                yield Notice(Oddity.NAME_IMITATES, reason)


def _is_hiding(character: str) -> bool:
    return character >= "\x7f" and unicodedata.category(character) in _HIDING and character not in _JOINERS


def _strip(name: str) -> str:
    """As it looks: compatibility forms folded, what is invisible gone, encoded words read as gaps."""
    plain = normalise_text("NFKC", name.translate(_LIKE_MARKS))
    return "".join(c for c in plain if unicodedata.category(c) not in _HIDING)


def _is_same(shown: str, address: Address | None) -> bool:
    return address is not None and shown.strip(".").casefold() == str(address).casefold()
