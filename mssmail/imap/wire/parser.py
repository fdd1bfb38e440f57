"""A frame becomes a command: tag, name, and from a table the function that reads the rest (RFC 9051 §9).

The grammar is kept to the letter: one space, no trailing blanks. What is said of a fault never repeats what was sent.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mssmail.errors import BadSyntax
from mssmail.imap.wire import (
    acl_commands,
    append_command,
    list_command,
    login_commands,
    mailbox_commands,
    message_commands,
    metadata_commands,
    notify_command,
    sort_commands,
)
from mssmail.imap.wire.commands import (
    Capability,
    Check,
    Close,
    Command,
    CommandBody,
    Expunge,
    Idle,
    Logout,
    Namespace,
    Noop,
    StartTls,
    Unparsable,
    Unselect,
)
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.frames import Frame
from mssmail.imap.wire.octets import TAG

_NAME = re.compile(rb"[A-Za-z]++")
_UID = re.compile(rb"UID ", re.IGNORECASE)

WITHOUT_ARGUMENTS: Mapping[bytes, CommandBody] = MappingProxyType(
    {
        b"CAPABILITY": Capability(),
        b"NOOP": Noop(),
        b"LOGOUT": Logout(),
        b"STARTTLS": StartTls(),
        b"NAMESPACE": Namespace(),
        b"CHECK": Check(),
        b"CLOSE": Close(),
        b"UNSELECT": Unselect(),
        b"EXPUNGE": Expunge(),
        b"IDLE": Idle(),
    }
)

WITH_ARGUMENTS: Mapping[bytes, Callable[[Cursor], CommandBody]] = MappingProxyType(
    {
        b"AUTHENTICATE": login_commands.parse_authenticate,
        b"LOGIN": login_commands.parse_login,
        b"ID": login_commands.parse_id,
        b"ENABLE": login_commands.parse_enable,
        b"SELECT": mailbox_commands.parse_select,
        b"EXAMINE": mailbox_commands.parse_examine,
        b"CREATE": mailbox_commands.parse_create,
        b"DELETE": mailbox_commands.parse_delete,
        b"RENAME": mailbox_commands.parse_rename,
        b"SUBSCRIBE": mailbox_commands.parse_subscribe,
        b"UNSUBSCRIBE": mailbox_commands.parse_unsubscribe,
        b"STATUS": mailbox_commands.parse_status,
        b"CANCELUPDATE": sort_commands.parse_cancel_update,
        b"NOTIFY": notify_command.parse_notify,
        b"GETQUOTA": mailbox_commands.parse_get_quota,
        b"GETQUOTAROOT": mailbox_commands.parse_get_quota_root,
        b"SETACL": acl_commands.parse_set_acl,
        b"DELETEACL": acl_commands.parse_delete_acl,
        b"GETACL": acl_commands.parse_get_acl,
        b"LISTRIGHTS": acl_commands.parse_list_rights,
        b"MYRIGHTS": acl_commands.parse_my_rights,
        b"GETMETADATA": metadata_commands.parse_get_metadata,
        b"SETMETADATA": metadata_commands.parse_set_metadata,
        b"LIST": list_command.parse_list,
        b"LSUB": list_command.parse_lsub,
        b"XLIST": list_command.parse_xlist,
        b"APPEND": append_command.parse_append,
        b"REPLACE": append_command.parse_seq_replace,
        b"UID REPLACE": append_command.parse_uid_replace,
        b"FETCH": message_commands.parse_fetch,
        b"STORE": message_commands.parse_store,
        b"COPY": message_commands.parse_copy,
        b"MOVE": message_commands.parse_move,
        b"SEARCH": message_commands.parse_seq_search,
        b"SORT": sort_commands.parse_seq_sort,
        b"THREAD": sort_commands.parse_seq_thread,
        b"UID SORT": sort_commands.parse_uid_sort,
        b"UID THREAD": sort_commands.parse_uid_thread,
        b"UID FETCH": message_commands.parse_uid_fetch,
        b"UID STORE": message_commands.parse_uid_store,
        b"UID COPY": message_commands.parse_uid_copy,
        b"UID MOVE": message_commands.parse_uid_move,
        b"UID EXPUNGE": message_commands.parse_uid_expunge,
        b"UID SEARCH": message_commands.parse_uid_search,
    }
)


# command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
def parse_command(frame: Frame, *, utf8: bool = False) -> Command:
    """The command; a name we do not know is Unparsable. Raises BadSyntax, with the tag where there was one.

    ``utf8`` says that the client enabled UTF8=ACCEPT or IMAP4rev2: names are then UTF-8, quoted strings may be.
    """
    cursor = Cursor(frame, utf8=utf8)
    tag = cursor.expect_match(TAG, "a tag").decode("ascii")
    if not cursor.try_text(b" "):
        raise BadSyntax("expected a tag and a command")
    try:
        return Command(tag, _parse_body(cursor))
    except BadSyntax as fault:
        fault.tag = tag
        raise


def _parse_body(cursor: Cursor) -> CommandBody:
    name = (b"UID " if cursor.try_match(_UID) else b"") + cursor.expect_match(_NAME, "a command").upper()
    body = WITHOUT_ARGUMENTS.get(name)
    parse = WITH_ARGUMENTS.get(name)
    if parse is not None:
        cursor.expect_space()
        body = parse(cursor)
    if body is None:
        return Unparsable("there is no such command")
    cursor.expect_end()
    return body
