"""GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS: who may do what with a mailbox (RFC 4314).

Identifiers are accounts' addresses. There is no ``anyone``, and no negative right: a box is shared with people by name.
"""

from mssmail.core.rights import LETTERS, REACHING, VIRTUAL, parse_acl_rights, show_acl_rights
from mssmail.errors import BadAccount, BadSyntax, NoSuchMailbox
from mssmail.imap.replies import Answer, ok
from mssmail.imap.session import Session
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.acl_responses import Acl, GrantableRights, OwnRights

_OLD = "".join(VIRTUAL)


async def list_entries(session: Session, command: c.GetAcl) -> Answer:
    """GETACL: the owner, who has every right, and all others."""
    entries = await session.store.rights.list_acl(session.owner, command.mailbox)
    await session.tell(Acl(command.mailbox, tuple((name, show_acl_rights(rights)) for name, rights in entries)))
    return ok("GETACL completed")


async def set_rights(session: Session, command: c.SetAcl) -> Answer:
    """SETACL; an unknown right is BAD (RFC 4314 §3.1)."""
    try:
        letters = parse_acl_rights(command.rights)
    except BadAccount as fault:
        raise BadSyntax("there is no such right") from fault
    await _change(session, command.mailbox, command.identifier, command.action, letters)
    return ok("SETACL completed")


async def delete_rights(session: Session, command: c.DeleteAcl) -> Answer:
    """DELETEACL."""
    await _change(session, command.mailbox, command.identifier, "", "")
    return ok("DELETEACL completed")


async def _change(session: Session, mailbox: str, identifier: str, action: str, letters: str) -> None:
    rights = await session.store.rights.set_rights(
        session.owner, mailbox, identifier, action, letters, trace_id=session.trace_id
    )
    session.note("rights changed", mailbox=mailbox, grantee=identifier, rights=rights)


async def list_grantable(session: Session, command: c.ListRights) -> Answer:
    """LISTRIGHTS: an owner's rights are fixed, all others' given one by one."""
    is_owner = await session.store.rights.is_owner(session.owner, command.mailbox, command.identifier)
    required, optional = (LETTERS + _OLD, ()) if is_owner else ("", tuple(LETTERS + _OLD))
    await session.tell(GrantableRights(command.mailbox, command.identifier, required, optional))
    return ok("LISTRIGHTS completed")


async def tell_own(session: Session, command: c.MyRights) -> Answer:
    """MYRIGHTS: whoever may do anything with a mailbox may ask, also where he may not look it up (RFC 4314 §4)."""
    info = await session.store.find_mailbox(session.owner, command.mailbox, needs="")
    if not REACHING & set(info.rights):
        raise NoSuchMailbox("a mailbox that this account has no right on")
    await session.tell(OwnRights(info.name, show_acl_rights(info.rights)))
    return ok("MYRIGHTS completed")
