"""What is answered to questions about rights (RFC 4314 §3.6 to §3.8)."""

from dataclasses import dataclass
from typing import assert_never

from mssmail.imap.wire.writer import encode_astring, encode_mailbox


@dataclass(frozen=True, slots=True)
class Acl:
    """``* ACL``: who has which rights on a mailbox."""

    mailbox: str
    entries: tuple[tuple[str, str], ...]  # (identifier, rights)


@dataclass(frozen=True, slots=True)
class GrantableRights:
    """``* LISTRIGHTS``: what the identifier always has, then sets of rights that are given or taken together."""

    mailbox: str
    identifier: str
    required: str
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnRights:
    """``* MYRIGHTS``."""

    mailbox: str
    rights: str


Rights = Acl | GrantableRights | OwnRights


def encode_rights(response: Rights, *, utf8: bool) -> bytes:
    """The line without its CRLF."""
    match response:
        case Acl(_, entries):
            verb, words = b"ACL", [word for entry in entries for word in entry]
        case GrantableRights(_, identifier, required, optional):
            verb, words = b"LISTRIGHTS", [identifier, required, *optional]
        case OwnRights(_, rights):
            verb, words = b"MYRIGHTS", [rights]
        case _:
            assert_never(response)
    name = encode_mailbox(response.mailbox, utf8=utf8)
    return b" ".join([b"*", verb, name, *(encode_astring(word.encode("utf-8")) for word in words)])
