"""The words of a message, for SEARCH BODY and TEXT (RFC 9051 §6.4.4): decoded, and folded for comparison."""

import html
import re
from collections.abc import Iterator

from mssmail.core.composition import normalise_text
from mssmail.mime.charsets import decode_text
from mssmail.mime.headers import clip_header, decode_words, split_fields
from mssmail.mime.quoted_printable import decode_quoted_printable
from mssmail.mime.tree import Part, walk
from mssmail.mime.words import decode_base64

# Of one part no more is searched: the text is held in memory several times over while it is.
MAX_TEXT_BYTES = 16 * 1_048_576

_TAG_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*")
_UNSHOWN = frozenset(("script", "style"))


def extract_text(data: bytes, root: Part) -> Iterator[str]:
    """What a person reads in a message's body: text parts decoded, file names, headers of enclosed messages.

    Of HTML the text between tags is given. The message's own header is not among it.
    """
    for part in walk(root):
        if part.file_name:
            yield part.file_name
        if part.description:
            yield decode_words(part.description.encode())
        if part.is_message:
            yield _extract_header(data, part.children[0])
        elif part.type == "text" or (part.type == "multipart" and not part.children):
            yield _extract_part(data, part)


def extract_part_headers(data: bytes, root: Part) -> Iterator[str]:
    """The MIME header fields of the parts, which SEARCH TEXT finds and BODY does not (RFC 9051 §6.4.4)."""
    for part in walk(root):
        if part.is_multipart:
            yield from (_extract_header(data, child) for child in part.children)


def _extract_header(data: bytes, message: Part) -> str:
    fields = split_fields(data, clip_header(message.header))
    return "\n".join(f"{field.name}: {decode_words(field.read(data))}" for field in fields)


def _extract_part(data: bytes, part: Part) -> str:
    raw = data[part.body.start : min(part.body.end, part.body.start + MAX_TEXT_BYTES)]
    text = decode_text(decode_body(raw, part.encoding), part.find_param("charset") or "")
    return strip_tags(text) if part.subtype == "html" else text


def decode_body(raw: bytes, encoding: str) -> bytes:
    """The content of a body (RFC 2045 §6); what is in no encoding we know is given as it is. Never raises."""
    match encoding:
        case "base64":
            return decode_base64(raw)
        case "quoted-printable":
            return decode_quoted_printable(raw)
        case _:
            return raw


def strip_tags(source: str) -> str:
    """The text of an HTML page: tags become blanks, references characters; scripts and styles are left out."""
    return html.unescape(" ".join(iterate_texts(source)))


def iterate_texts(source: str) -> Iterator[str]:
    """What stands between the tags of an HTML page, with references as they are; scripts and styles are left out."""
    first, *pieces = source.split("<")
    yield first
    unshown = ""
    for piece in pieces:
        tag, closed, text = piece.partition(">")
        match = _TAG_NAME.match(tag)
        name = match[0].lower() if match else ""
        if unshown:
            if name == "/" + unshown:
                unshown = ""
                yield text
            continue
        if not closed or not (name or tag.startswith(("!", "?", "/"))):
            yield "<" + piece  # a bare "<" is text
            continue
        if name in _UNSHOWN:
            unshown = name
        else:
            yield text


def fold(text: str) -> str:
    """The text as it is compared in searches: compatibility caseless (Unicode 15, D146).

    That is what i;unicode-casemap (RFC 5051 §2) aims at, which maps to title case and decomposes: both find ``STRASSE``
    for ``Straße`` and ``fin`` in ``ﬁn``. The one letter that D146 keeps apart and RFC 5051 does not is ``ı``, in title
    case ``I``: ``YILDIZ`` finds ``Yıldız``. An accent stands behind its letter as a character of its own, so that
    ``cafe`` finds ``café`` at the end of a word while ``été`` is not ``ete``.
    """
    if text.isascii():
        return text.lower()
    decomposed = normalise_text("NFKD", normalise_text("NFD", text).casefold())
    return normalise_text("NFKD", decomposed.casefold()).replace("ı", "i")


def fold_running(text: str) -> str:
    """The text folded, and blanks and line ends in a row as one blank.

    Where a line ends, and how many tags stand between two words, a person does not see; what is found without regard
    to it is found all the same, and more.
    """
    folded = fold(text)
    words = " ".join(folded.split())
    if not words:
        return " " if folded else ""
    return f"{' ' if folded[0].isspace() else ''}{words}{' ' if folded[-1].isspace() else ''}"
