"""Mailbox names and LIST's patterns: hierarchy and wildcards (RFC 9051 §6.3.9)."""

import unicodedata
from collections.abc import Iterable

DELIMITER = "/"
INBOX = "INBOX"


def list_parents(name: str) -> list[str]:
    """``a/b/c`` → ``a``, ``a/b``."""
    levels = name.split(DELIMITER)
    return [DELIMITER.join(levels[:count]) for count in range(1, len(levels))]


def list_missing_parents(names: Iterable[str]) -> list[str]:
    r"""Names that are only there as parents of others; clients are shown them as \Noselect."""
    known = set(names)
    return sorted({parent for name in known for parent in list_parents(name)} - known)


def normalise_pattern(reference: str, pattern: str) -> str:
    """Reference and pattern together, composed as names are, a first level that spells INBOX put in capitals."""
    whole = unicodedata.normalize("NFC", reference + pattern)
    first, delimiter, rest = whole.partition(DELIMITER)
    return INBOX + delimiter + rest if first.upper() == INBOX else whole


def matches(name: str, pattern: str) -> bool:
    """``*`` stands for anything, ``%`` for anything but the delimiter; INBOX matches in any case (RFC 9051 §5.1).

    So does the first level of what lies below it: a client that spells it ``inbox`` also looks for ``inbox*``.
    All ways through the pattern are followed at once: time is at most length times length, whatever the pattern.
    """
    free = len(INBOX) if name.partition(DELIMITER)[0] == INBOX else 0  # so many characters match in any case
    places = _spread({0}, pattern)
    for count, char in enumerate(name):
        after: set[int] = set()
        for place in places:
            if place == len(pattern):
                continue
            wanted = pattern[place]
            if wanted == "*" or (wanted == "%" and char != DELIMITER):
                after.add(place)
            elif wanted == char or (count < free and wanted.upper() == char):
                after.add(place + 1)
        places = _spread(after, pattern)
        if not places:
            return False
    return len(pattern) in places


def _spread(places: set[int], pattern: str) -> set[int]:
    """Also the places behind wildcards, which may stand for nothing."""
    reached = set(places)
    for place in places:
        behind = place
        while behind < len(pattern) and pattern[behind] in "*%":
            behind += 1
            reached.add(behind)
    return reached
