"""What the client reads when something went wrong: one table from fault to answer (RFC 9051 §7.1, RFC 5530).

The words are the table's, never an exception's: those are for the log, which finds them by the incident id.
"""

from mssmail.core.annotation import MAX_VALUE
from mssmail.errors import (
    AccountFault,
    AnnotationTooBig,
    BadCharset,
    BadCredentials,
    BadLineEnding,
    BadSyntax,
    FrameTooBig,
    HasChildren,
    Impossible,
    MailboxExists,
    MailboxGone,
    MessageFault,
    NoSuchMailbox,
    NoSuchMessage,
    NoSuchNumber,
    OverQuota,
    ReadOnly,
    SpoolFull,
    StoreFault,
    TlsRequired,
    TooBig,
    TooMany,
    TooManyAnnotations,
    TooManyFailures,
    UnknownEncoding,
    WrongState,
)
from mssmail.imap.wire import commands as c
from mssmail.imap.wire.names import NAMELESS
from mssmail.imap.wire.response_codes import Code, build_bad_charset, build_metadata
from mssmail.imap.wire.responses import Condition, StatusResponse
from mssmail.imap.wire.search_keys import CHARSETS

Answer = StatusResponse


def ok(text: str, code: Code | None = None) -> Answer:
    """The command was done."""
    return StatusResponse(Condition.OK, text, code)


def no(text: str, code: Code | str | None = None) -> Answer:
    """The command could not be done; a code without a value may be given by its name."""
    return StatusResponse(Condition.NO, text, _name_code(code))


def bad(text: str, code: Code | str | None = None) -> Answer:
    """There is no such command, or not so, or not here."""
    return StatusResponse(Condition.BAD, text, _name_code(code))


def bye(text: str, code: Code | str | None = None) -> Answer:
    """The connection ends."""
    return StatusResponse(Condition.BYE, text, _name_code(code))


def _name_code(code: Code | str | None) -> Code | None:
    return Code(code) if isinstance(code, str) else code


_TABLE: tuple[tuple[type[Exception], Answer], ...] = (  # the first row that fits
    (BadCharset, no("Search in one of these", build_bad_charset(CHARSETS))),  # RFC 9051 §6.4.4
    (NoSuchNumber, bad("No message has this number")),
    (BadSyntax, bad("This command does not parse")),
    (WrongState, bad("This command is not for this state", "CLIENTBUG")),
    (FrameTooBig, no("The command is too large", "TOOBIG")),
    (TooManyFailures, no("Too many failed sign-ins from your address; try again later", "UNAVAILABLE")),
    (BadCredentials, no("Wrong user name or password", "AUTHENTICATIONFAILED")),
    (TlsRequired, no("Encryption is required first: issue STARTTLS", "PRIVACYREQUIRED")),
    (NoSuchMailbox, no("There is no such mailbox", "NONEXISTENT")),
    (MailboxExists, no("A mailbox of this name exists", "ALREADYEXISTS")),
    (NoSuchMessage, no("This message is not there any more", "NONEXISTENT")),
    (HasChildren, no("There are mailboxes below it", "HASCHILDREN")),  # RFC 9051 §6.3.5
    (AccountFault, no("There is no account of this name, or it cannot have rights", "CANNOT")),  # of identifiers
    (AnnotationTooBig, no("The value is too long", build_metadata("MAXSIZE", MAX_VALUE))),  # RFC 5464 §4.3
    (TooManyAnnotations, no("There are as many entries as there may be", build_metadata("TOOMANY"))),
    (Impossible, no("This can never be done, or no mailbox can have this name", "CANNOT")),
    (ReadOnly, no("This may not be done to this mailbox", "NOPERM")),
    (TooMany, no("There are as many as there may be", "LIMIT")),
    (OverQuota, no("The account holds as much as it may", "OVERQUOTA")),
    (TooBig, no("The message is too large", "TOOBIG")),  # RFC 7889 §4
    (BadLineEnding, no("The message holds a bare CR, a bare LF or a NUL", "CANNOT")),
    (UnknownEncoding, no("The message holds a NUL outside of its binary parts", "UNKNOWN-CTE")),  # RFC 3516 §4.4
    (MessageFault, no("The message cannot be kept as it is", "CANNOT")),
    (SpoolFull, no("There is no room for more", "UNAVAILABLE")),
    (StoreFault, no("The mailboxes cannot be reached now", "UNAVAILABLE")),
)


def answer_fault(fault: Exception, body: c.CommandBody | None, incident: str) -> Answer:
    """The answer to a command that ended in this fault; what the table does not know is a bug of ours."""
    is_target = isinstance(fault, NoSuchMailbox) and not isinstance(fault, MailboxGone)
    if is_target and isinstance(body, c.Append | c.Copy | c.Move | c.Replace) and body.mailbox not in NAMELESS:
        return no("There is no such mailbox: create it first", "TRYCREATE")  # RFC 9051 §6.3.12, §6.4.7
    for kind, answer in _TABLE:
        if isinstance(fault, kind):
            return answer
    return no(f"Something went wrong here; it is incident {incident} in the log", "SERVERBUG")


def is_expected(fault: Exception) -> bool:
    """The table has a row for it: no traceback is wanted in the log."""
    return any(isinstance(fault, kind) for kind, _ in _TABLE)
