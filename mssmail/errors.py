"""Faults: what broke. A refusal is not a fault but a value (see ``core.decision``).

::

    Fault
    ├── ConfigError           the configuration, with file, line and key
    ├── StoreFault
    │   ├── StoreUnavailable  the database cannot answer now
    │   ├── SpoolFull         no room on the disk
    │   ├── StoreInUse        another process serves this store
    │   └── StoreTooNew       written by a newer version
    ├── OverQuota             the account's quota
    │   └── TooMany           keywords, mailboxes, subscriptions: a limit of ours
    ├── AccountFault
    │   ├── NoSuchAccount
    │   ├── AccountExists
    │   └── BadAccount        a field that cannot be (check digit, kind)
    ├── MailboxFault
    │   ├── NoSuchMailbox
    │   │   └── MailboxGone   one that was there, and is known by its id
    │   ├── MailboxExists
    │   ├── HasChildren
    │   ├── NoSuchMessage     in a mailbox
    │   ├── AnnotationTooBig  the value of an entry
    │   ├── TooManyAnnotations
    │   └── ReadOnly          the mailbox, or an act that is not allowed on it
    │       └── Impossible    nobody may ever: a name that cannot be, an end of INBOX
    ├── LoginFault
    │   ├── BadCredentials
    │   ├── TooManyFailures   of late, from this address
    │   └── TlsRequired
    ├── MessageFault
    │   ├── BadLineEnding     bare CR, bare LF or NUL
    │   ├── LineTooLong
    │   ├── TooBig
    │   ├── RoutingLoop       it came by an address of ours already, and would again
    │   ├── UnknownEncoding   a Content-Transfer-Encoding nobody here can undo
    │   └── BadDocument       a health document or archive that cannot be read, or must not be
    ├── ProtocolFault
    │   ├── BadSyntax
    │   │   ├── BadCharset    a character set we do not read
    │   │   └── NoSuchNumber  a message sequence number beyond the mailbox
    │   ├── WrongState
    │   └── FrameTooBig
    ├── TrustFault
    │   ├── BadWhiteList      unreadable, unsigned, wrongly signed, malformed
    │   ├── BadRevocationList a CRL that is unreadable or not its issuer's
    │   ├── BadCertificate    unreadable certificate, key or anchor
    │   └── FetchFault        a list or CRL that could not be fetched
    ├── BadMerge              a template or a CSV file, with row and column
    ├── ListenFault           an address where we should listen cannot be bound
    ├── PeerFault             the other operator's server, as seen from our client
    └── WorkerFault           nobody could examine the message
        └── WorkerDeath       a worker died of it, or took too long

Every fault may carry private ``facts`` for the log. Its text is for us: what the other side reads is the edge's table.
"""


class Fault(Exception):
    """Something broke; ``facts`` go to the log and never onto the wire."""

    def __init__(self, message: str = "", **facts: object) -> None:
        super().__init__(message or type(self).__name__)
        self.facts = facts


class ConfigError(Fault):
    """The configuration is wrong: the program does not start (exit 78, EX_CONFIG)."""

    def __init__(self, reason: str, *, file: str = "", line: int | None = None, key: str = "") -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(": ".join(part for part in (place, key, reason) if part), file=file, line=line, key=key)


class BadMerge(Fault):
    """A template or the CSV file for it cannot be used: nothing was sent."""

    def __init__(self, reason: str, *, file: str = "", row: int | None = None, column: str | None = None) -> None:
        place = file if row is None else f"{file}, row {row}"
        where = [part for part in (place, None if column is None else f"column {column}") if part]
        super().__init__(": ".join(part for part in (", ".join(where), reason) if part), row=row, column=column)


class ListenFault(Fault):
    """Somebody else listens where we should, or we may not."""


class StoreFault(Fault):
    """The store cannot do its work."""


class StoreUnavailable(StoreFault):
    """The database cannot answer now; asking later may help."""


class SpoolFull(StoreFault):
    """There is no room for more; nothing was kept."""


class StoreInUse(StoreFault):
    """Another process serves this store."""


class StoreTooNew(StoreFault):
    """A newer version of mssmail wrote this store; this one must not touch it."""


class OverQuota(Fault):
    """The account holds as much as it may."""


class TooMany(OverQuota):
    """A limit of ours: keywords of a message, mailboxes or subscriptions of an account (RFC 5530 §3, LIMIT)."""


class AccountFault(Fault):
    """Something about an account."""


class NoSuchAccount(AccountFault):
    """Nobody has this address here."""


class AccountExists(AccountFault):
    """The address is taken."""


class BadAccount(AccountFault):
    """A field of the account cannot be: unknown kind, wrong check digit, missing owner."""


class MailboxFault(Fault):
    """Something about a mailbox (an IMAP folder)."""


class NoSuchMailbox(MailboxFault):
    """The mailbox does not exist (or no longer does)."""


class MailboxGone(NoSuchMailbox):
    """The mailbox was there and has gone: no name of it was asked for, so none is to be created."""


class MailboxExists(MailboxFault):
    """A mailbox of this name exists."""


class NoSuchMessage(MailboxFault):
    """The message is not, or no longer, in the mailbox."""


class HasChildren(MailboxFault):
    """The mailbox has others below it."""


class AnnotationTooBig(MailboxFault):
    """The value of an annotation's entry is longer than we keep."""


class TooManyAnnotations(MailboxFault):
    """A mailbox or an account holds as many annotations as it may."""


class ReadOnly(MailboxFault):
    """This may not be done to this mailbox."""


class Impossible(ReadOnly):
    """What can never be done, whoever asks: a name that cannot be, an end of INBOX (RFC 5530 §3, CANNOT)."""


class LoginFault(Fault):
    """A sign-in that cannot proceed."""


class BadCredentials(LoginFault):
    """Unknown user or wrong password; which of the two is nobody's business."""


class TooManyFailures(LoginFault):
    """No password is looked at: too many from there were wrong of late."""


class TlsRequired(LoginFault):
    """The mechanism or command needs TLS first."""


class MessageFault(Fault):
    """The bytes of a message break a rule."""


class BadLineEnding(MessageFault):
    """A bare CR, a bare LF or a NUL (RFC 5321 §2.3.8)."""


class LineTooLong(MessageFault):
    """A line of a message beyond our limit."""


class TooBig(MessageFault):
    """More octets than we take."""


class UnknownEncoding(MessageFault):
    """The part is in a Content-Transfer-Encoding we cannot undo (RFC 9051 §7.1, UNKNOWN-CTE)."""


class RoutingLoop(MessageFault):
    """The message came by this address of ours before: sent on again it would go in circles."""


class BadDocument(MessageFault):
    """A health document that cannot be read, or must not be; its text is the reason and names nobody."""


class ProtocolFault(Fault):
    """The other side does not keep the protocol."""


class BadSyntax(ProtocolFault):
    """What was sent does not parse. ``tag`` is that of the IMAP command, empty when it could not be read."""

    def __init__(self, message: str = "", *, tag: str = "", **facts: object) -> None:
        super().__init__(message, **facts)
        self.tag = tag


class BadCharset(BadSyntax):
    """Text in a character set we do not read. ``forgets``: of a search that was to be saved (RFC 5182 §2.1)."""

    def __init__(self, message: str = "", *, tag: str = "", forgets: bool = False, **facts: object) -> None:
        super().__init__(message, tag=tag, **facts)
        self.forgets = forgets


class NoSuchNumber(BadSyntax):
    """A message sequence number beyond the mailbox (RFC 9051 §9, seq-number)."""


class WrongState(ProtocolFault):
    """The command is not for this state of the session."""


class FrameTooBig(ProtocolFault):
    """A line or literal beyond the limit."""


class TrustFault(Fault):
    """Trust material that cannot be used."""


class BadWhiteList(TrustFault):
    """A white list that is unreadable, unsigned, wrongly signed or malformed."""


class BadRevocationList(TrustFault):
    """A CRL that is unreadable or was not signed by its issuer."""


class BadCertificate(TrustFault):
    """A certificate, key or anchor file that cannot be read."""


class FetchFault(TrustFault):
    """A white list or CRL that could not be fetched: no answer, a wrong one, or too much of it."""


class PeerFault(Fault):
    """The peer's server could not be reached, was not who it should be, or broke off."""


class WorkerFault(Fault):
    """A message could not be examined: no worker was there, or examining it failed."""


class WorkerDeath(WorkerFault):
    """A worker process died at work on this very message, or overran its deadline; ``facts["cause"]`` says which."""
