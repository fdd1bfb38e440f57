"""Annotations of mailboxes and of the server (RFC 5464): entries with values, and what limits them.

``/shared`` entries have one value for all who may see the mailbox, ``/private`` ones a value for each account. Names
are compared without regard to case, and told as whoever set them wrote them.
"""

from dataclasses import dataclass, field

PRIVATE, SHARED = "/private", "/shared"
ADMIN, COMMENT = "/shared/admin", "/shared/comment"  # of the server (RFC 5464 §6.2.1)
SPECIAL_USE = "/private/specialuse"  # of a mailbox (RFC 6154 §4)
SEEN_WITH = frozenset("rswip")  # beside ``l``, one of these rights is needed (RFC 5464 §3.3)
CHANGED_WITH = "w"  # what all see is not for everybody to change

# RFC 5464 §4.1 wants 1024 octets and 10 entries at least.
MAX_NAME = 512  # characters
MAX_VALUE = 65_536  # octets
MAX_ENTRIES = 100  # of one mailbox, or of the server, shared or of one account
MAX_HELD = 4_194_304  # octets, names included, that one account answers for: its own, and those shared in its box


@dataclass(frozen=True, slots=True)
class Annotation:
    """One entry; ``value`` is None where it has none, or shall have none any more."""

    entry: str
    value: bytes | None = field(repr=False)

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return self.entry.lower()

    @property
    def is_private(self) -> bool:
        """Of one account alone."""
        return self.key.startswith(PRIVATE + "/")


@dataclass(frozen=True, slots=True)
class ChangedEntries:
    """Entries of one mailbox, or under 0 of the server, that changed for these accounts, by their ids."""

    mailbox_id: int
    audience: frozenset[int]
    entries: frozenset[str]


def is_within(key: str, asked: str, depth: int | None) -> bool:
    """The entry is the one asked for, or so many levels below it at most; None: any number (RFC 5464 §4.2.2)."""
    if key == asked:
        return True
    below = key.removeprefix(asked + "/")
    return below != key and (depth is None or below.count("/") < depth)
