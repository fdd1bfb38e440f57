"""Texts taken from documents: no controls, bounded length."""

import re

from mssmail.documents.limits import MAX_TEXT
from mssmail.mime.charsets import clean_text

_BLANKS = re.compile(r"\s+")


def clean_line(text: str) -> str:
    """One line as it is written, without controls and of bounded length."""
    return clean_text(text[: 8 * MAX_TEXT]).strip()[:MAX_TEXT]


def clean_value(text: str) -> str:
    """One line without controls, of bounded length."""
    if len(text) <= MAX_TEXT and text.isprintable() and "  " not in text:  # of blanks only the space is printable
        return text.strip()
    return _BLANKS.sub(" ", clean_text(text[: 8 * MAX_TEXT])).strip()[:MAX_TEXT]
