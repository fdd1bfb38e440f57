"""Unicode's normal forms in time that grows with the text, whatever the text.

A letter may carry any number of marks, and they are put in order by insertion: 80,000 of them, 160 kB of a message,
took ten seconds in which the whole process stood still. UAX #15 §13 (Stream-Safe Text) knows no use for more than 30.
"""

import re
import unicodedata
from typing import Final, Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_MOST_MARKS: Final = 30
# What a decomposition may begin with that is no starter: no letter, but for two of Japan's half-width forms.
_MARK: Final = r"(?:[^\x00-\u02ff\w\s]|[\uff9e\uff9f])"
_MANY: Final = re.compile(rf"[^\x00-\u02ff](?<={_MARK}){_MARK}{{{_MOST_MARKS - 1}}}")  # Latin text is skipped fast


def normalise_text(form: Form, text: str) -> str:
    """The text in this form; where more than thirty marks follow each other, every thirty of them for themselves."""
    pieces: list[str] = []
    start = 0
    for found in _MANY.finditer(text):
        pieces.append(unicodedata.normalize(form, text[start : found.end()]))
        start = found.end()
    rest = unicodedata.normalize(form, text[start:])
    return "".join([*pieces, rest]) if pieces else rest
