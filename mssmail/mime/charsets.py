"""Bytes and a charset label → text that is safe to keep and to search.

A label comes from strangers: it never reaches ``codecs.lookup`` unless we know it. Unknown labels would be remembered
by Python for ever, and some codecs (``zlib``, ``punycode``) are no charsets or cost far more than they give.
"""

import codecs
import re
from encodings.aliases import aliases

_NOT_CHARSETS = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
_NOT_HERE = {"mbcs", "oem", "tactis"}  # Windows only, or never written
_WITHOUT_ALIAS = {"cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u", "utf_8_sig"}
_CODECS = frozenset({*aliases.values(), *_WITHOUT_ALIAS} - _NOT_CHARSETS - _NOT_HERE)

# Labels seen in mail that Python does not know; the Web's reading (https://encoding.spec.whatwg.org/#names-and-labels).
_MAIL_LABELS = {
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "iso_8859_6_e": "iso8859_6",
    "windows_874": "cp874",
    "windows_31j": "cp932",
    "x_sjis": "cp932",
    "x_gbk": "gbk",
    "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman",
    "unicode_1_1_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "ascii_8bit": "ascii",
}
_ASCII_ALIKE = frozenset(("", "us-ascii", "utf-8", "iso-8859-1"))
_SEPARATORS = re.compile(r"[-.\s]+")
_LABEL = re.compile(r"[!-~]{1,60}")
# C0 and C1 controls but for tab and line ends, and DEL: no reader shows them, and PostgreSQL refuses NUL in text.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_ASCII_CONTROLS = bytes(code for code in range(0x80) if _CONTROLS.match(chr(code)))
_SURROGATES = re.compile("[\ud800-\udfff]")


def find_codec(label: str) -> str | None:
    """The name of Python's codec for a charset label, or None when it is no charset we know."""
    if not _LABEL.fullmatch(label):
        return None
    name = _SEPARATORS.sub("_", label.lower())
    name = _MAIL_LABELS.get(name, name)
    name = aliases.get(name, name)
    if name in _CODECS:
        return name
    name = name.replace("windows_", "cp").replace("iso_8859_", "iso8859_")
    return name if name in _CODECS else None


def decode_text(raw: bytes, label: str = "") -> str:
    """The text of these bytes; never raises. Without a usable label: UTF-8 if it is that, else windows-1252."""
    if not raw:
        return ""
    if raw.isascii() and label.lower() in _ASCII_ALIKE:
        return clean_text(raw.decode("ascii"))
    codec = find_codec(label)
    if codec is None or codec == "ascii":
        return clean_text(_guess(raw))
    try:
        return clean_text(raw.decode(codec))
    except UnicodeError:
        return clean_text(raw.decode(codec, "replace"))


def _guess(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return codecs.decode(raw, "cp1252", "replace")


def clean_text(text: str) -> str:
    """The text without control characters (tab and line ends stay) and without lone surrogates."""
    if text.isprintable():  # no controls, and no surrogates either: they are not printable
        return text
    if text.isascii():  # most mail; ten times as fast as the expression
        return text.encode("ascii").translate(None, _ASCII_CONTROLS).decode("ascii")
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))
