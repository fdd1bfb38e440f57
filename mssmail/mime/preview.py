"""The first words of a message, for mail programs that show them beside its subject (RFC 8970 §3).

The first part that a person can read, without markup, and without what stands in every answer anyhow: quoted lines and
signatures. What is encrypted has no preview, nor has what is opaquely signed. Lines that repeat protected header fields
for old programs (legacy display elements of RFC 9788) are no text.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice

from mssmail.mime.charsets import decode_text
from mssmail.mime.text import decode_body, iterate_texts
from mssmail.mime.tree import Part

MAX_CHARACTERS = 200  # RFC 8970 §3.3
MAX_LOOKED_AT = 262_144  # octets behind the header: of longer messages only the beginning need be read
_MAX_PART = 131_072  # octets of one part
_ENOUGH = 2_000  # characters among which as many as are shown will be found
_MAX_PARTS = 8  # tried until one has words

_ATTACHMENT = "attachment"
_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_LEGACY_CLASS = "header-protection-legacy-display"

_COMMENT = (re.compile("<!--"), re.compile("-->"))
_TITLE = (re.compile("<title[\\s>]", re.IGNORECASE), re.compile("</title\\s*>", re.IGNORECASE))
_DIV_END = re.compile("</div\\s*>", re.IGNORECASE)

# Not shown, or there to deceive: controls, soft hyphen, combining grapheme joiner, zero-width space, directions.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# Joiners belong into words (and emoji); beside blanks they are padding.
_BLANKS = re.compile("[\\s\u2800\u200c\u200d]++")
_BLANK = re.compile("[\\s\u2800]")


def build_preview(data: bytes, root: Part) -> str:
    """At most 200 characters on one line; empty when there is nothing to be read. ``data`` may be cut off."""
    for part in islice(_list_readable(root), _MAX_PARTS):
        text = _read_part(data, part)
        if text.lstrip().startswith(_ENCRYPTED):
            return ""
        found = _tidy(text)
        if found:
            return found
    return ""


def _list_readable(part: Part) -> Iterator[Part]:
    """Parts that people read, in the order they would."""
    if part.is_message:
        yield from _list_readable(part.children[0])
    elif part.is_multipart:
        below = [
            found for child in part.children if not _repeats_header(part, child) for found in _list_readable(child)
        ]
        if part.subtype == "alternative":
            below.sort(key=lambda each: each.subtype != "plain")
        yield from below
    elif part.type == "text" and part.subtype in {"plain", "html"} and part.disposition != _ATTACHMENT:
        yield part


def _repeats_header(parent: Part, child: Part) -> bool:
    """What programs before RFC 9788 put in front for readers that do not know protected fields."""
    is_first = child is parent.children[0] and len(parent.children) > 1
    return is_first and all(each.find_param("protected-headers") is not None for each in (parent, child))


def _read_part(data: bytes, part: Part) -> str:
    raw = data[part.body.start : min(part.body.end, part.body.start + _MAX_PART)]
    text = decode_text(decode_body(raw, part.encoding), part.find_param("charset") or "")
    has_legacy = part.find_param("hp-legacy-display") == "1"
    if part.subtype == "html":
        return _read_html(text, has_legacy=has_legacy)
    lines = text.splitlines()
    if has_legacy:  # up to the first empty line
        end = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
        del lines[: end + 1]
    return "\n".join(_drop_quotes(lines))


def _drop_quotes(lines: list[str]) -> list[str]:
    """What the author wrote now; everything when that is nothing."""
    end = lines.index("-- ") if "-- " in lines else len(lines)  # a signature begins
    own = [line for line in lines[:end] if not line.startswith(">")]
    return own if any(map(str.strip, own)) else lines


def _read_html(source: str, *, has_legacy: bool) -> str:
    source = _cut_out(source, *_COMMENT, to_end=True)
    source = _cut_out(source, *_TITLE)
    texts: list[str] = []
    octets = 0
    for text in iterate_texts(_cut_legacy(source) if has_legacy else source):
        texts.append(text)
        octets += len(text.strip())
        if octets > _ENOUGH:
            break
    return html.unescape(" ".join(texts))


def _cut_legacy(source: str) -> str:
    """Without the one ``div`` of this class."""
    start = source.rfind("<", 0, max(0, source.find(_LEGACY_CLASS)))
    end = _DIV_END.search(source, start) if source[start : start + 4].lower() == "<div" else None
    return source if end is None else source[:start] + source[end.end() :]


def _cut_out(text: str, opening: re.Pattern[str], closing: re.Pattern[str], *, to_end: bool = False) -> str:
    """The text without what stands between these; what is not closed reaches to the end, or is left as it is."""
    kept: list[str] = []
    at = 0
    while (start := opening.search(text, at)) is not None:
        end = closing.search(text, start.end())
        if end is None:
            return "".join((*kept, text[at : start.start()] if to_end else text[at:]))
        kept.append(text[at : start.start()])
        at = end.end()
    return "".join((*kept, text[at:]))


def _tidy(text: str) -> str:
    """One line of what can be seen of it."""
    shown = ""
    for end in (_ENOUGH, len(text)):
        shown = _BLANKS.sub(_join_blanks, _UNSEEN.sub("", text[:end])).strip(" \u200c\u200d")
        if len(shown) > MAX_CHARACTERS or end >= len(text):
            break
    return shown[:MAX_CHARACTERS].rstrip()


def _join_blanks(found: re.Match[str]) -> str:
    return " " if _BLANK.search(found[0]) else found[0]
