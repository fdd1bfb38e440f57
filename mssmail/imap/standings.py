"""How mailboxes that are not selected stood when the client last heard, and what to say now (RFC 5465 §5.1 to §5.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mssmail.core.mailbox import UID, MailboxInfo, ModSeq, UIDValidity
from mssmail.imap.wire.notify_values import Happening
from mssmail.imap.wire.responses import MailboxStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of one mailbox. ``uid_next`` 0: only the ModSeq is known."""

    uid_validity: UIDValidity
    uid_next: UID
    messages: int
    unseen: int
    modseq: ModSeq


@dataclass(frozen=True, slots=True)
class Own:
    """What the client itself did in a mailbox since: of that it needs not be told."""

    messages: int = 0  # that it put there
    changes: int = 0  # of the ModSeq


def build_standing(info: MailboxInfo) -> Standing:
    """How the mailbox stands."""
    return Standing(info.uid_validity, info.uid_next, info.messages, info.unseen, info.highest_modseq)


def find_news(
    before: Standing, now: MailboxInfo, events: frozenset[Happening], own: Own, *, has_modseq: bool
) -> tuple[str, ...]:
    """The STATUS items to tell; none when nothing of interest happened. ``has_modseq``: CONDSTORE is enabled.

    What came and went is told whoever asks for messages; the counts of what is unseen go to who asks for flags.
    """
    has_changed = now.highest_modseq != before.modseq + own.changes
    wants_flags = Happening.FLAG_CHANGE in events
    is_seen_otherwise = wants_flags and has_changed and now.unseen != before.unseen
    if before.uid_next == 0:
        has_come_or_gone = has_changed
    else:
        given = now.uid_next - before.uid_next
        has_come_or_gone = given > own.messages or before.messages + given > now.messages
    if has_come_or_gone:
        return (
            "UIDNEXT",
            "MESSAGES",
            *(("UNSEEN",) if wants_flags else ()),
            *(("HIGHESTMODSEQ",) if has_modseq else ()),
        )
    if not (wants_flags and has_changed):
        return ()
    clock = ("UIDVALIDITY", "HIGHESTMODSEQ") if has_modseq else ()
    return (*clock, "UNSEEN") if is_seen_otherwise else clock


def list_first_items(events: frozenset[Happening], *, has_modseq: bool) -> tuple[str, ...]:
    """What a client hears that does not know the mailbox yet (RFC 5465 §3.1).

    HIGHESTMODSEQ is for all who ask for flags: it need not be enabled, only known to the server.
    """
    if Happening.FLAG_CHANGE in events:
        return ("MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ")
    return ("MESSAGES", "UIDNEXT", "UIDVALIDITY", *(("HIGHESTMODSEQ",) if has_modseq else ()))


def build_status(info: MailboxInfo, items: Sequence[str]) -> MailboxStatus:
    """The response."""
    counts = {
        "MESSAGES": info.messages,
        "UIDNEXT": info.uid_next,
        "UIDVALIDITY": info.uid_validity,
        "UNSEEN": info.unseen,
        "HIGHESTMODSEQ": info.highest_modseq,
    }
    return MailboxStatus(info.name, tuple((item, counts[item]) for item in items))
