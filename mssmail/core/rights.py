"""Rights on somebody else's box: the letters of RFC 4314 §2.1, and a digit of our own for writing in its name."""

from typing import Final

from mssmail.errors import BadAccount

LETTERS: Final = "lrswipkxtea"
"""Lookup, read, keep seen, write flags, insert, post, create, delete mailbox, delete message, expunge, administer."""

SEND_AS: Final = "0"
"""May put the box's address into From and MAIL FROM. RFC 4314 §2 leaves digits to implementations."""

WORDS: Final = {"read": "lrs", "write": "lrswipkxte", "send-as": SEND_AS}
"""What administrators say: to read it; to work in it as in one's own box; to write in its name."""

REACHING: Final = frozenset("lrikxa")
"""With one of these a mailbox is there for somebody, and he may ask what he may do with it (RFC 4314 §4, MYRIGHTS)."""

_CHANGING: Final = frozenset("swite")

VIRTUAL: Final = {"c": "kx", "d": "te"}
"""Rights of RFC 2086 that older clients still say, and what they stand for (RFC 4314 §2.1.1)."""


def parse_acl_rights(letters: str) -> str:
    """Letters of SETACL, the older two among them, in order; raises BadAccount on what is no right of a mailbox."""
    expanded = "".join(VIRTUAL.get(letter, letter) for letter in letters)
    if unknown := sorted(set(expanded) - set(LETTERS)):
        raise BadAccount(f"there is no right {''.join(unknown)}")
    return "".join(letter for letter in LETTERS if letter in expanded)


def show_acl_rights(rights: str) -> str:
    """The rights as IMAP shows them: with the older two where one of theirs is among them, without our digit."""
    shown = [letter for letter in LETTERS if letter in rights]
    return "".join([*shown, *(old for old, meant in VIRTUAL.items() if set(meant) & set(rights))])


def may_set(rights: str, flag: str) -> bool:
    r"""Whether these rights reach a flag: ``s`` \Seen, ``t`` \Deleted, ``w`` every other (RFC 4314 §4)."""
    letter = {"\\seen": "s", "\\deleted": "t"}.get(flag.lower(), "w")
    return letter in rights


def may_change(rights: str) -> bool:
    """Whether anything in a mailbox can be changed with these rights; else it is read-only (RFC 4314 §5.2)."""
    return not _CHANGING.isdisjoint(rights)


def parse_rights(text: str) -> str:
    """``read,send-as`` or letters → the rights, each once and in a fixed order; raises BadAccount."""
    letters = "".join(WORDS.get(part, part) for part in text.replace(" ", "").split(","))
    return join_rights(letters)


def join_rights(letters: str) -> str:
    """The rights in order, each once; raises BadAccount on what is none, and on none at all."""
    order = LETTERS + SEND_AS
    unknown = sorted(set(letters) - set(order))
    if unknown or not letters:
        known = ", ".join(WORDS)
        raise BadAccount(f"rights are {known}, or letters of {order}; not {''.join(unknown) or 'nothing'}")
    return "".join(letter for letter in order if letter in letters)


def describe_rights(letters: str) -> str:
    """The rights in words where words fit, else their letters."""
    words = ["send-as"] if SEND_AS in letters else []
    acl = letters.replace(SEND_AS, "")
    named = next((word for word, meant in WORDS.items() if meant == acl), acl)
    return ", ".join(part for part in (named, *words) if part)
