"""Commands about rights (RFC 4314 §6)."""

import re

from mssmail.errors import BadSyntax
from mssmail.imap.wire.commands import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.names import parse_mailbox

_RIGHTS = re.compile("([+-]?)([a-z0-9]*)")  # rights: only lower-case ASCII letters and digits


# setacl = "SETACL" SP mailbox SP identifier SP mod-rights
def parse_set_acl(cursor: Cursor) -> SetAcl:
    """SETACL."""
    mailbox = _parse_mailbox_and_space(cursor)
    identifier = _parse_identifier(cursor)
    cursor.expect_space()
    rights = _RIGHTS.fullmatch(cursor.expect_text_astring("rights"))
    if rights is None:
        raise BadSyntax("rights are lower-case letters, perhaps after a sign")
    return SetAcl(mailbox, identifier, rights[1], rights[2])


# deleteacl = "DELETEACL" SP mailbox SP identifier
def parse_delete_acl(cursor: Cursor) -> DeleteAcl:
    """DELETEACL."""
    return DeleteAcl(_parse_mailbox_and_space(cursor), _parse_identifier(cursor))


# getacl = "GETACL" SP mailbox
def parse_get_acl(cursor: Cursor) -> GetAcl:
    """GETACL."""
    return GetAcl(parse_mailbox(cursor))


# listrights = "LISTRIGHTS" SP mailbox SP identifier
def parse_list_rights(cursor: Cursor) -> ListRights:
    """LISTRIGHTS."""
    return ListRights(_parse_mailbox_and_space(cursor), _parse_identifier(cursor))


# myrights = "MYRIGHTS" SP mailbox
def parse_my_rights(cursor: Cursor) -> MyRights:
    """MYRIGHTS."""
    return MyRights(parse_mailbox(cursor))


def _parse_mailbox_and_space(cursor: Cursor) -> str:
    mailbox = parse_mailbox(cursor)
    cursor.expect_space()
    return mailbox


# identifier = astring
def _parse_identifier(cursor: Cursor) -> str:
    identifier = cursor.expect_text_astring("an identifier")
    if not identifier:
        raise BadSyntax("an identifier is not empty")
    return identifier
