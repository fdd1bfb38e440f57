"""Mailbox names and LIST's patterns: hierarchy and wildcards (RFC 9051 §6.3.9)."""

import re
from collections.abc import Iterable

from mssmail.core.composition import normalise_text
from mssmail.core.mailbox import list_parents

DELIMITER = "/"
INBOX = "INBOX"

_LONGEST = 4_000  # characters: no name, with whose it is before it, has so many
_WILDCARDS = re.compile(r"[*%]++")


def list_all_parents(names: Iterable[str]) -> frozenset[str]:
    """The names above any of these."""
    return frozenset(parent for name in names for parent in list_parents(name))


def list_missing_parents(names: Iterable[str]) -> list[str]:
    r"""Names that are only there as parents of others; clients are shown them as \Noselect."""
    known = set(names)
    return sorted(list_all_parents(known) - known)


class Pattern:
    """One pattern of LIST, behind its reference, ready to be compared with many names.

    ``*`` stands for anything, ``%`` for anything but the delimiter; INBOX matches in any case (RFC 9051 §5.1). So does
    the first level of what lies below it: a client that spells it ``inbox`` also looks for ``inbox*``.

    All ways through the pattern are followed at once, a bit for each place in it that a name may have come to: time is
    the name's length, whatever the pattern. One that is longer than any name can be matches none.
    """

    def __init__(self, reference: str, pattern: str) -> None:
        text = _WILDCARDS.sub(_join_wildcards, compose_name(reference + pattern))
        self.ends_at_level = text.endswith("%")
        self._literals = sum(char not in "*%" for char in text)
        if self._literals > _LONGEST:
            text = ""
        self._places: dict[str, int] = {}  # of each character
        for place, char in enumerate(text):
            self._places[char] = self._places.get(char, 0) | 1 << place
        self._any, level = self._places.pop("*", 0), self._places.pop("%", 0)
        self._within = self._any | level
        self._first = self._pass_wildcards(1)
        self._last = 1 << len(text)

    def matches(self, name: str) -> bool:
        """The name is meant."""
        if self._literals > len(name):
            return False
        free = len(INBOX) if name.partition(DELIMITER)[0] == INBOX else 0  # so many characters match in any case
        reached = self._first
        for count, char in enumerate(name):
            wanted = self._places.get(char, 0)
            if count < free:
                wanted |= self._places.get(char.lower(), 0)
            stay = self._any if char == DELIMITER else self._within
            reached = self._pass_wildcards((reached & stay) | (reached & wanted) << 1)
            if not reached:
                return False
        return bool(reached & self._last)

    def _pass_wildcards(self, reached: int) -> int:
        """Also the places behind wildcards, which may stand for nothing; no two stand side by side."""
        return reached | (reached & self._within) << 1


def compose_name(text: str) -> str:
    """The name or pattern composed as names are kept, a first level that spells INBOX put in capitals."""
    whole = normalise_text("NFC", text)
    first, delimiter, rest = whole.partition(DELIMITER)
    return INBOX + delimiter + rest if first.upper() == INBOX else whole


def _join_wildcards(run: re.Match[str]) -> str:
    return "*" if "*" in run[0] else "%"
