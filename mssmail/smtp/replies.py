"""What a fault looks like from outside: one table, never the text of an exception.

A refusal by policy brings its own reply; this table is for what broke.
"""

from typing import Final

from mssmail.core.reply import Reply
from mssmail.errors import (
    BadCredentials,
    BadLineEnding,
    BadSyntax,
    FrameTooBig,
    LineTooLong,
    NoSuchAccount,
    OverQuota,
    SpoolFull,
    StoreUnavailable,
    TlsRequired,
    TooBig,
    TooManyFailures,
    WorkerFault,
    WrongState,
)

_TABLE: Final[dict[type[BaseException], Reply]] = {
    StoreUnavailable: Reply(451, "4.3.0", "The store cannot answer now; try again later"),
    SpoolFull: Reply(452, "4.3.1", "No room for this message now; try again later"),
    OverQuota: Reply(452, "4.2.2", "The account is full"),
    NoSuchAccount: Reply(550, "5.1.1", "No such account here"),
    TooManyFailures: Reply(454, "4.7.0", "Too many failed sign-ins from your address; try again later"),
    BadCredentials: Reply(535, "5.7.8", "Unknown user or wrong password"),
    TlsRequired: Reply(530, "5.7.0", "Must issue a STARTTLS command first"),
    BadLineEnding: Reply(550, "5.6.0", "Bare CR, bare LF or NUL in the message"),
    LineTooLong: Reply(550, "5.6.0", "A line of the message is too long"),
    TooBig: Reply(552, "5.3.4", "Message too big"),
    BadSyntax: Reply(501, "5.5.4", "Bad argument"),
    WrongState: Reply(503, "5.5.1", "Bad sequence of commands"),
    FrameTooBig: Reply(500, "5.5.6", "Line too long"),  # RFC 5248 registry: X.5.6
    WorkerFault: Reply(451, "4.3.0", "The message could not be examined now; try again later"),
}


class RefusedArgument(BadSyntax):
    """An argument we refuse, with the reply that says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


def find_reply(fault: BaseException) -> Reply | None:
    """The reply for a known fault; None when nobody foresaw it."""
    if isinstance(fault, RefusedArgument):
        return fault.reply
    for kind in type(fault).__mro__:
        if kind in _TABLE:
            return _TABLE[kind]
    return None


def build_incident_reply(incident: str) -> Reply:
    """The reply for what nobody foresaw: temporary, for it may be our fault; the log knows more under this id."""
    return Reply(451, "4.3.0", f"Internal error, try again later (incident {incident})")


def build_ok(text: str = "OK") -> Reply:
    """``250 2.0.0``."""
    return Reply(250, "2.0.0", text)
