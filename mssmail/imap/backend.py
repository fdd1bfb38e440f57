"""All that IMAP knows of what keeps the mail: one protocol, wired to the store in ``app``.

Every method may raise ``StoreUnavailable``; those that name a mailbox ``NoSuchMailbox``. Names are Unicode with ``/``
between levels; INBOX is matched in any case. Nothing here holds a snapshot open between calls: each is one short read
or one durable write (it has reached the disk when the call returns; ``note_read`` says where it differs).
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from mssmail.core.account import Account
from mssmail.core.annotation import Annotation
from mssmail.core.envelope import Peer
from mssmail.core.mailbox import (
    UID,
    Appended,
    Changes,
    Column,
    Draft,
    MailboxInfo,
    MessageMeta,
    MessageRow,
    ModSeq,
    Quota,
    Report,
    StoreAction,
    ViewLayout,
    ignore,
)
from mssmail.core.message import Span
from mssmail.core.ordering import Criterion, ThreadAlgorithm
from mssmail.core.ranges import Range
from mssmail.core.rights import LETTERS
from mssmail.core.search import SearchKey
from mssmail.core.threads import Forest


class Bell(Protocol):
    """Rings when something may have changed in a mailbox; the truth is asked with ``changes``."""

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """True when it rang since the last wait, False after the time-out."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Rung(Protocol):
    """What rang since it was asked last."""

    @property
    def mailboxes(self) -> frozenset[int]:
        """Of those that are followed."""
        ...

    @property
    def has_names(self) -> bool:
        """A mailbox came, went, was renamed, (un)subscribed, opened or closed to the account."""
        ...

    @property
    def has_all(self) -> bool:
        """Anything may have changed."""
        ...

    @property
    def origins(self) -> Mapping[int, int]:
        """New mailboxes that took over what was in another (RENAME of INBOX), by their ids."""
        ...

    @property
    def annotations(self) -> Mapping[int, frozenset[str]]:
        """Entries that changed, by the id of the mailbox they are of; 0 is the server."""
        ...

    @property
    def is_full(self) -> bool:
        """More entries changed than are remembered."""
        ...


class Herald(Protocol):
    """A bell for many mailboxes and for the names of an account's, that remembers which rang."""

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """True when there is something to take, False after the time-out."""
        ...

    def follow(self, mailbox_ids: Iterable[int]) -> bool:
        """Listen to these too; False when there is no room for more."""
        ...

    def ignore(self, mailbox_ids: Iterable[int]) -> None:
        """Listen to these no more."""
        ...

    def take(self) -> Rung:
        """What rang since the last time."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class RightsStore(Protocol):
    """Lists of rights (RFC 4314). All raise NoSuchMailbox, and ReadOnly without the right ``a``."""

    async def list_acl(self, account: Account, name: str) -> Sequence[tuple[str, str]]:
        """(identifier, rights) of all who have any, the owner first."""
        ...

    async def is_owner(self, account: Account, name: str, identifier: str) -> bool:
        """Whether the identifier is the mailbox's owner. Raises BadAccount for what is no address."""
        ...

    async def set_rights(
        self, account: Account, name: str, identifier: str, action: str, letters: str, *, trace_id: str = ""
    ) -> str:
        """Add (``+``), take (``-``) or set (empty) rights, journaled; those there are then.

        Raises ReadOnly for the owner's, NoSuchAccount and BadAccount for identifiers that are nobody's.
        """
        ...


class AnnotationStore(Protocol):
    """Annotations (RFC 5464) of mailboxes, and under the empty name of the server.

    Both raise NoSuchMailbox, and ReadOnly where rights are missing (RFC 5464 §3.3).
    """

    async def load(self, account: Account, name: str) -> tuple[str, Sequence[Annotation]]:
        """The mailbox's name as it is told, and all that the account may see."""
        ...

    async def change(
        self, account: Account, name: str, changes: Sequence[Annotation], *, maker: Herald | None = None
    ) -> None:
        """Set entries, in this order, and remove those without a value: all, or with a fault none.

        All heralds that may see it ring, but for that of who made the change.

        Raises AnnotationTooBig, TooManyAnnotations, and ReadOnly for what only the server says.
        """
        ...


class MailStore(Protocol):
    """The mailboxes of signed-in accounts: their own, and those of others that are shared with them."""

    @property
    def rights(self) -> RightsStore:
        """Who may do what."""
        ...

    @property
    def annotations(self) -> AnnotationStore:
        """What people have noted beside mailboxes."""
        ...

    async def login(self, user: str, password: str, peer: Peer, mechanism: str, *, trace_id: str = "") -> Account:
        """The account of these credentials; raises BadCredentials. Journals either way, under the session's id."""
        ...

    async def list_mailboxes(self, account: Account) -> Sequence[MailboxInfo]:
        r"""All mailboxes of the account, INBOX first, then by name; with counts but for \Recent."""
        ...

    async def list_subscriptions(self, account: Account) -> Sequence[str]:
        """Subscribed names, also those whose mailbox is gone (RFC 9051 §6.3.7)."""
        ...

    async def find_mailbox(self, account: Account, name: str, *, counts: bool = False, needs: str = "l") -> MailboxInfo:
        """One mailbox on which the account has the rights ``needs``, with message counts when asked.

        Raises ReadOnly when it may be looked up but not more.
        """
        ...

    async def load_readable(self, account: Account, mailbox_ids: Sequence[int]) -> Sequence[MailboxInfo]:
        r"""Those of these mailboxes that are there and that the account may read now, with counts but for \Recent."""
        ...

    async def find_rights(self, account: Account, mailbox_id: int) -> str:
        """What the account may do with the mailbox now (RFC 4314 §2.1); empty when it has gone or is closed to it."""
        ...

    async def create_mailbox(self, account: Account, name: str, special_use: str = "") -> MailboxInfo:
        """A new mailbox and its missing parents; raises MailboxExists, ReadOnly for names that cannot be."""
        ...

    async def delete_mailbox(self, account: Account, name: str) -> None:
        """Remove it with its messages; raises ReadOnly for INBOX, HasChildren."""
        ...

    async def rename_mailbox(self, account: Account, old: str, new: str) -> None:
        """Rename with its children; INBOX gives its messages to the new one (RFC 9051 §6.3.6)."""
        ...

    async def subscribe(self, account: Account, name: str, *, subscribed: bool) -> None:
        """Remember or forget a subscription."""
        ...

    async def open_mailbox(self, account: Account, name: str, *, read_only: bool) -> tuple[MailboxInfo, Changes]:
        r"""The mailbox with its counts and all its messages (``appeared``, by UID); claims \Recent unless read-only."""
        ...

    async def changes(self, mailbox_id: int, since: ModSeq, *, claim_recent: bool = False) -> Changes:
        """What happened since; raises NoSuchMailbox when the mailbox has gone."""
        ...

    async def list_changed(self, mailbox_id: int, since: ModSeq) -> Sequence[UID]:
        """Messages that are there and came or changed after ``since``, ascending."""
        ...

    async def list_vanished(self, mailbox_id: int, since: ModSeq) -> Sequence[Range]:
        """UIDs that went after ``since``, whenever they came; where that is forgotten, all that are not there."""
        ...

    async def find_highest_modseq(self, mailbox_id: int, uids: Sequence[UID]) -> ModSeq:
        """The highest ModSeq of these messages; 0 when none is there."""
        ...

    def listen(self, mailbox_id: int) -> Bell:
        """A bell for this mailbox; close it when done."""
        ...

    def follow(self, account: Account) -> Herald:
        """A herald for the names this account sees; close it when done."""
        ...

    def load_rows(
        self, mailbox_id: int, uids: Sequence[UID], columns: frozenset[Column]
    ) -> AsyncIterator[Sequence[MessageRow]]:
        """Pages of rows by ascending UID; messages that are gone are left out. No read stays open between pages.

        A page holds some hundred rows, fewer when they are big, so that one page is at most a few megabytes.
        """
        ...

    async def make_previews(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        """Previews (RFC 8970) of messages that have none yet, kept for the next time; what has gone is left out."""
        ...

    async def load_layout(self, mailbox_id: int, uid: UID) -> ViewLayout | None:
        """How the message's bytes lie; None when it is gone."""
        ...

    async def read_message(self, message_id: int, span: Span) -> bytes:
        """Bytes of the message itself (without our prefix); raises NoSuchMailbox when the message has gone."""
        ...

    async def note_read(self, account: Account, mailbox_id: int, uids: Sequence[UID], *, trace_id: str = "") -> None:
        """Journal that bodies were read, under the session's id: with the next group commit, nobody waits for it.

        An orderly stop loses nothing; a kill may lose the entries of the last milliseconds. What cannot be written is
        in the log.
        """
        ...

    async def store_flags(
        self,
        mailbox_id: int,
        uids: Sequence[UID],
        action: StoreAction,
        flags: frozenset[str],
        *,
        unchanged_since: ModSeq | None = None,
        rights: str = LETTERS,
        report: Report = ignore,
    ) -> Sequence[MessageMeta]:
        """Change flags, as far as the rights reach; the messages as they are afterwards. Keywords are any atom.

        Left out are those that are gone, and those that changed after ``unchanged_since``: they stay as they are.
        """
        ...

    async def expunge(self, mailbox_id: int, uids: Sequence[UID] | None, report: Report = ignore) -> Sequence[UID]:
        r"""Remove messages with \Deleted, all or those named; the UIDs that went."""
        ...

    async def copy(self, account: Account, mailbox_id: int, uids: Sequence[UID], target: str) -> Appended:
        """Copy with flags and internal date, all or none; raises NoSuchMailbox for the target, OverQuota."""
        ...

    async def move(
        self, account: Account, mailbox_id: int, uids: Sequence[UID], target: str, report: Report = ignore
    ) -> Appended:
        """The same, and they are gone here: each message whole, in batches. Needs no room."""
        ...

    async def append(self, account: Account, name: str, drafts: Sequence[Draft], report: Report = ignore) -> Appended:
        """Keep what a client wrote, all or none. It carries no verdict. Raises OverQuota, TooBig."""
        ...

    async def replace(self, account: Account, mailbox_id: int, uid: UID, name: str, draft: Draft) -> Appended:
        """Keep what a client wrote and remove the message it takes the place of, both or neither (RFC 8508).

        Raises NoSuchMessage when that one has gone, and what ``append`` raises.
        """
        ...

    async def find_quota(self, account: Account) -> Quota:
        """What the account holds and may hold."""
        ...

    async def measure_deleted(self, mailbox_id: int) -> int:
        r"""Octets of the messages marked \Deleted."""
        ...

    async def search(
        self, mailbox_id: int, key: SearchKey, is_gone: Callable[[UID], bool] = lambda _: False
    ) -> Sequence[UID]:
        """UIDs that match, ascending. Sequence sets must have been turned into ``UidRanges``.

        While it takes its time it asks ``is_gone``, with the UID up to which it has looked; when whoever asked is, it
        raises ConnectionError.
        """
        ...

    async def sort(self, mailbox_id: int, uids: Sequence[UID], criteria: tuple[Criterion, ...]) -> Sequence[UID]:
        """These (ascending) UIDs in order; what is gone is left out."""
        ...

    async def thread(self, mailbox_id: int, uids: Sequence[UID], algorithm: ThreadAlgorithm) -> Forest:
        """These (ascending) UIDs as threads; what is gone is left out."""
        ...
