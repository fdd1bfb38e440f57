"""Encoded words (RFC 2047): raw field value → text for people, whatever the sender made of it."""

import binascii
import re

from mssmail.mime.charsets import clean_text, decode_text
from mssmail.mime.decoding import Base64Decoder
from mssmail.mime.lexical import unfold

# encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="   RFC 2047 §2, RFC 2231 §5
# Blanks inside encoded-text are not allowed but common; each class ends before the next "?", so this is linear.
_WORD = re.compile(rb"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([BbQq])\?([^?]*)\?=")
_BREAKS = str.maketrans({"\t": " ", "\r": " ", "\n": " "})


def decode_words(raw: bytes) -> str:
    """The value unfolded, its encoded words decoded, on one line; never raises."""
    line = unfold(raw)
    if b"=?" not in line:
        return decode_text(line).translate(_BREAKS)
    return clean_text("".join(_decode_runs(line))).translate(_BREAKS)


def _decode_runs(line: bytes) -> list[str]:
    """Texts in order. Neighbours of one charset are joined as bytes first: senders cut characters in two."""
    texts: list[str] = []
    run: list[bytes] = []
    charset, end = b"", 0
    for match in _WORD.finditer(line):
        gap = line[end : match.start()]
        if gap.strip(b" \t") or match[1].lower() != charset:
            texts.append(decode_text(b"".join(run), charset.decode("latin-1")))
            run = []
            # Blanks between two encoded words are not shown (RFC 2047 §6.2).
            if gap.strip(b" \t") or end == 0:
                texts.append(decode_text(gap))
        charset, end = match[1].lower(), match.end()
        run.append(_decode_word(match[2], match[3]))
    texts.append(decode_text(b"".join(run), charset.decode("latin-1")))
    texts.append(decode_text(line[end:]))
    return texts


def _decode_word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"Qq":
        return binascii.a2b_qp(text, header=True)
    return decode_base64(text)


def decode_base64(text: bytes) -> bytes:
    """The bytes of base64 text; what is not of its alphabet is skipped, a cut end is kept as far as it goes."""
    decoder = Base64Decoder()
    return decoder.feed(text) + decoder.finish()
