"""Response codes: what a status response says to programs (RFC 9051 §7.1, RFC 5530, RFC 4315)."""

from collections.abc import Iterable
from dataclasses import dataclass

from mssmail.core.mailbox import UID, Appended, ModSeq, UIDValidity
from mssmail.imap.wire.writer import NIL, encode_flags, encode_number_set, encode_quoted


@dataclass(frozen=True, slots=True)
class Code:
    """``[NAME value]``; make those with a value by the functions below."""

    name: str
    value: bytes = b""

    def encode(self) -> bytes:
        """With its brackets."""
        return b"[" + self.name.encode("ascii") + (b" " + self.value if self.value else b"") + b"]"


def build_capability(names: Iterable[str]) -> Code:
    """CAPABILITY, in the greeting and after signing in."""
    return Code("CAPABILITY", " ".join(names).encode("ascii"))


def build_permanent_flags(flags: Iterable[str]) -> Code:
    r"""PERMANENTFLAGS; ``\*`` among them says that keywords can be made."""
    return Code("PERMANENTFLAGS", encode_flags(flags))


def build_uid_validity(validity: UIDValidity) -> Code:
    """UIDVALIDITY."""
    return Code("UIDVALIDITY", b"%d" % validity)


def build_uid_next(uid: UID) -> Code:
    """UIDNEXT."""
    return Code("UIDNEXT", b"%d" % uid)


def build_unseen(number: int) -> Code:
    """UNSEEN: the first message not seen, by sequence number (RFC 3501 §7.1)."""
    return Code("UNSEEN", b"%d" % number)


def build_highest_modseq(modseq: ModSeq) -> Code:
    """HIGHESTMODSEQ (RFC 7162 §3.1.2.1)."""
    return Code("HIGHESTMODSEQ", b"%d" % modseq)


def build_mailbox_id(mailbox_id: int) -> Code:
    """MAILBOXID (RFC 8474 §4)."""
    return Code("MAILBOXID", b"(%b)" % encode_mailbox_id(mailbox_id))


def encode_mailbox_id(mailbox_id: int) -> bytes:
    """``M12``: the same for ever, whatever the mailbox is called."""
    return b"M%d" % mailbox_id


def build_modified(numbers: Iterable[int]) -> Code:
    """MODIFIED: what a conditional STORE left as it is (RFC 7162 §3.1.3)."""
    return Code("MODIFIED", encode_number_set(numbers))


def build_no_update(tag: str) -> Code:
    """NOUPDATE: this search does not go on (RFC 5267 §4.3.2)."""
    return Code("NOUPDATE", encode_quoted(tag.encode("ascii")))


def build_metadata(what: str, octets: int | None = None) -> Code:
    """METADATA: LONGENTRIES, MAXSIZE or TOOMANY (RFC 5464 §5)."""
    return Code("METADATA", (what if octets is None else f"{what} {octets}").encode("ascii"))


def build_bad_event(events: Iterable[str]) -> Code:
    """BADEVENT, with those we can tell (RFC 5465 §3.1)."""
    return Code("BADEVENT", ("(" + " ".join(events) + ")").encode("ascii"))


# inprogress = "INPROGRESS" SP "(" inprogress-tag SP inprogress-state ")"; RFC 9585 §5
def build_in_progress(tag: str, done: int | None, goal: int | None) -> Code:
    """INPROGRESS: what the command of this tag has done, of how much; None where that is not known.

    A tag with ``]`` in it would end the code too early for some readers: then it is NIL (RFC 9585 §4).
    """
    name = NIL if "]" in tag or not tag else encode_quoted(tag.encode("ascii"))
    counts = (NIL if done is None else b"%d" % done, NIL if done is None or goal is None else b"%d" % goal)
    return Code("INPROGRESS", b"(%b %b %b)" % (name, *counts))


def build_bad_charset(charsets: Iterable[str]) -> Code:
    """BADCHARSET, with those we read."""
    return Code("BADCHARSET", ("(" + " ".join(charsets) + ")").encode("ascii"))


# resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
def build_append_uid(appended: Appended) -> Code | None:
    """APPENDUID (RFC 4315 §3); None for who may not select the mailbox (§5)."""
    if appended.is_hidden:
        return None
    uids = encode_number_set(target for _, target in appended.uids)
    return Code("APPENDUID", b"%d %s" % (appended.uid_validity, uids))


# resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
def build_copy_uid(appended: Appended) -> Code | None:
    """COPYUID (RFC 4315 §3): sources and targets in the same order; None when nothing was copied, or as above."""
    if not appended.uids or appended.is_hidden:
        return None
    sources = encode_number_set(source for source, _ in appended.uids)
    targets = encode_number_set(target for _, target in appended.uids)
    return Code("COPYUID", b"%d %s %s" % (appended.uid_validity, sources, targets))
