"""How messages may be put in order and gathered (RFC 5256, RFC 5957)."""

from dataclasses import dataclass
from enum import Enum


class SortKey(Enum):
    """What SORT may compare; the names are those of the wire."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One key of SORT; what is equal by all of them stays in the mailbox's order."""

    key: SortKey
    is_reverse: bool = False


class ThreadAlgorithm(Enum):
    """How THREAD gathers."""

    ORDEREDSUBJECT = "ORDEREDSUBJECT"
    REFERENCES = "REFERENCES"
