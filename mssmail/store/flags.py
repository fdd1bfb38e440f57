"""Flags as the rows keep them: a bit for each system flag, and the keywords as words between blanks."""

from collections.abc import Iterable
from functools import lru_cache

from mssmail.core.mailbox import ANSWERED, DELETED, DRAFT, FLAGGED, RESERVED_KEYWORDS, SEEN, StoreAction
from mssmail.core.rights import may_set
from mssmail.errors import TooMany

BITS = {SEEN.lower(): 1, ANSWERED.lower(): 2, FLAGGED.lower(): 4, DELETED.lower(): 8, DRAFT.lower(): 16}
SEEN_BIT, DELETED_BIT = BITS[SEEN.lower()], BITS[DELETED.lower()]
MAX_KEYWORDS, MAX_KEYWORD_LENGTH = 64, 255  # of one message

_NAMES = {1: SEEN, 2: ANSWERED, 4: FLAGGED, 8: DELETED, 16: DRAFT}


def encode_flags(flags: Iterable[str]) -> tuple[int, str]:
    r"""(bits, keywords). Names beginning with a backslash that are no permanent flag, such as \Recent, are left out."""
    bits = 0
    keywords: dict[str, str] = {}  # by lower case: keywords are case-insensitive (RFC 9051 §2.3.2)
    for flag in sorted(flags):
        bits |= BITS.get(flag.lower(), 0)
        if not flag.startswith("\\"):
            keywords.setdefault(flag.lower(), flag)
    return bits, _join(keywords)


@lru_cache(maxsize=4096)
def decode_flags(bits: int, keywords: str) -> frozenset[str]:
    """The flags of a row."""
    return frozenset(name for bit, name in _NAMES.items() if bits & bit) | frozenset(keywords.split())


def change_flags(before: tuple[int, str], action: StoreAction, named: tuple[int, str]) -> tuple[int, str]:
    """(bits, keywords) after STORE (RFC 9051 §6.4.6); keywords that stay keep the spelling they had.

    The caller has left reserved keywords out of ``named``: replacing all does not clear them.
    """
    bits, keywords = before
    if action is StoreAction.REPLACE:
        had = _split(keywords)
        kept = {key: word for key, word in had.items() if key in RESERVED_KEYWORDS}
        return named[0], _join(kept | {key: had.get(key, word) for key, word in _split(named[1]).items()})
    if action is StoreAction.ADD:
        return bits | named[0], _join(_split(named[1]) | _split(keywords)) if named[1] else keywords
    gone = _split(named[1])
    return bits & ~named[0], _join({key: word for key, word in _split(keywords).items() if key not in gone})


def keep_locked(before: tuple[int, str], after: tuple[int, str], rights: str) -> tuple[int, str]:
    """``after`` where the rights reach, ``before`` elsewhere (RFC 4314 §4)."""
    mask = sum(bit for bit, name in _NAMES.items() if may_set(rights, name))
    bits = before[0] & ~mask | after[0] & mask
    if "w" in rights:
        return bits, after[1]
    ours = {key: word for key, word in _split(after[1]).items() if key in RESERVED_KEYWORDS}
    return bits, _join(_split(before[1]) | ours)


def _split(keywords: str) -> dict[str, str]:
    return {word.lower(): word for word in keywords.split()}


def _join(keywords: dict[str, str]) -> str:
    if len(keywords) > MAX_KEYWORDS or any(len(word) > MAX_KEYWORD_LENGTH for word in keywords):
        raise TooMany("too many or too long keywords on one message")
    return f" {' '.join(keywords[key] for key in sorted(keywords))} " if keywords else ""
