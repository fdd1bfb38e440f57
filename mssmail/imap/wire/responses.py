"""What a server answers, as values, and the bytes they are (RFC 9051 §7). FETCH is in ``fetch_responses``."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from mssmail.core.mailbox import ModSeq
from mssmail.core.window import Window
from mssmail.imap.wire.acl_responses import Acl, GrantableRights, OwnRights, Rights, encode_rights
from mssmail.imap.wire.context_responses import ContextUpdate, encode_context_update
from mssmail.imap.wire.metadata_writer import ChangedMetadata, Metadata, encode_metadata
from mssmail.imap.wire.response_codes import Code
from mssmail.imap.wire.thread_writer import encode_threads
from mssmail.imap.wire.writer import (
    NIL,
    encode_flags,
    encode_mailbox,
    encode_nstring,
    encode_number_set,
    encode_quoted,
    encode_ranges,
    encode_string,
    encode_text,
)


class Condition(Enum):
    """What a status response says."""

    OK = "OK"
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    PREAUTH = "PREAUTH"


@dataclass(frozen=True, slots=True)
class StatusResponse:
    """``A1 OK [CODE] text``; untagged when ``tag`` is empty."""

    condition: Condition
    text: str
    code: Code | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Continuation:
    """``+ text``: the client may go on."""

    text: str = "Go on"


@dataclass(frozen=True, slots=True)
class Challenge:
    """``+ base64``: a SASL challenge, perhaps empty."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``* CAPABILITY``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enabled:
    """``* ENABLED``: what is newly enabled."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """``* FLAGS``."""

    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListLine:
    """``* LIST``, ``* LSUB`` or ``* XLIST``; ``child_info``: the selection options that hold below (RFC 5258 §4).

    ``old_name``: what the mailbox was called, or how the client wrote it (RFC 9051 §6.3.9.7).
    """

    mailbox: str
    attributes: tuple[str, ...] = ()
    delimiter: str | None = "/"
    name: str = "LIST"
    child_info: tuple[str, ...] = ()
    old_name: str = ""


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """``* STATUS``."""

    mailbox: str
    items: tuple[tuple[str, int | str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """``* SEARCH``; ``modseq`` is the highest of those found, when the search asked for it (RFC 7162 §3.1.5)."""

    numbers: Sequence[int]
    modseq: ModSeq | None = None


@dataclass(frozen=True, slots=True)
class Extended:
    """``* ESEARCH`` (RFC 4731 §3.1): the items that were asked for, of the command of this tag."""

    tag: str
    is_uid: bool
    lowest: int | None = None
    highest: int | None = None
    count: int | None = None
    numbers: Sequence[int] = ()
    modseq: ModSeq | None = None
    window: Window | None = None  # then ``numbers`` are only those within


@dataclass(frozen=True, slots=True)
class Sorted:
    """``* SORT`` (RFC 5256 §4); ``modseq`` as in Found."""

    numbers: Sequence[int]
    modseq: ModSeq | None = None


@dataclass(frozen=True, slots=True)
class Threads:
    """``* THREAD`` (RFC 5256 §4): a forest, whose dummies are below zero; ``number``: what others are shown as."""

    roots: Sequence[int]
    children: Mapping[int, Sequence[int]]
    number: Callable[[int], int] = int


@dataclass(frozen=True, slots=True)
class Vanished:
    """``* VANISHED``; ``earlier``: not from the numbers the client counts by (RFC 7162 §3.2.10)."""

    ranges: tuple[tuple[int, int], ...]
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Namespaces:
    """``* NAMESPACE``: (prefix, delimiter) pairs, none at all being NIL (RFC 2342 §6)."""

    personal: tuple[tuple[str, str], ...] = (("", "/"),)
    others: tuple[tuple[str, str], ...] = ()
    shared: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServerId:
    """``* ID``."""

    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """``* n EXISTS``."""

    count: int


@dataclass(frozen=True, slots=True)
class Recent:
    """``* n RECENT`` (RFC 3501 §7.3.2)."""

    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """``* n EXPUNGE``."""

    number: int


@dataclass(frozen=True, slots=True)
class QuotaRoots:
    """``* QUOTAROOT``: a mailbox and the roots that bound it, perhaps none (RFC 9208 §5.2)."""

    mailbox: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuotaStorage:
    """``* QUOTA``: a root with the storage used and allowed, in units of 1024 octets (RFC 9208 §5.1)."""

    root: str
    used: int
    limit: int


Prompt = StatusResponse | Continuation | Challenge
Numbers = Exists | Recent | Expunged | Vanished
Searches = Found | Extended | Sorted | Threads | ContextUpdate
Names = Capabilities | Enabled | Flags
Mailboxes = ListLine | MailboxStatus | Namespaces | QuotaRoots | QuotaStorage
Response = Prompt | Numbers | Searches | Names | Mailboxes | Rights | Metadata | ChangedMetadata | ServerId


def encode_response(response: Response, *, utf8: bool = False) -> bytes:
    """The line with its CRLF. ``utf8``: the client has enabled UTF-8 names."""
    match response:
        case StatusResponse() | Continuation() | Challenge():
            line = _encode_prompt(response)
        case Exists() | Recent() | Expunged() | Vanished():
            line = _encode_numbers(response)
        case Found() | Extended() | Sorted() | Threads() | ContextUpdate():
            line = _encode_search(response)
        case Capabilities() | Enabled() | Flags():
            line = _encode_names(response)
        case ListLine() | MailboxStatus() | Namespaces() | QuotaRoots() | QuotaStorage():
            line = _encode_mailboxes(response, utf8=utf8)
        case Acl() | GrantableRights() | OwnRights():
            line = encode_rights(response, utf8=utf8)
        case Metadata() | ChangedMetadata():
            line = encode_metadata(response, utf8=utf8)
        case ServerId(fields):
            line = b"* ID " + _encode_id(fields)
        case _:
            assert_never(response)
    return line + b"\r\n"


def _encode_prompt(response: Prompt) -> bytes:
    match response:
        case StatusResponse(condition, text, code, tag):
            words = [(tag or "*").encode("ascii"), condition.value.encode("ascii"), encode_text(text)]
            if code is not None:
                words.insert(2, code.encode())
            return b" ".join(words)
        case Continuation(text):
            return b"+ " + encode_text(text)
        case Challenge(data):
            return b"+ " + b64encode(data)
        case _:
            assert_never(response)


def _encode_numbers(response: Numbers) -> bytes:
    match response:
        case Exists(count):
            return b"* %d EXISTS" % count
        case Recent(count):
            return b"* %d RECENT" % count
        case Expunged(number):
            return b"* %d EXPUNGE" % number
        case Vanished(ranges, earlier):
            return b"* VANISHED " + (b"(EARLIER) " if earlier else b"") + encode_ranges(ranges)
        case _:
            assert_never(response)


def _encode_search(response: Searches) -> bytes:
    match response:
        case Found(numbers, modseq) | Sorted(numbers, modseq):
            name = b"* SEARCH" if isinstance(response, Found) else b"* SORT"
            line = name + b" %d" * len(numbers) % tuple(numbers)  # faster than one by one
            return line if modseq is None else line + b" (MODSEQ %d)" % modseq
        case Threads(roots, children, number):
            return b"* THREAD " + encode_threads(roots, children, number) if roots else b"* THREAD"
        case Extended():
            return _encode_extended(response)
        case ContextUpdate():
            return encode_context_update(response)
        case _:
            assert_never(response)


# esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
def _encode_extended(response: Extended) -> bytes:
    words = [b'* ESEARCH (TAG "' + response.tag.encode("ascii") + b'")']
    if response.is_uid:
        words.append(b"UID")
    pairs = ((b"MIN", response.lowest), (b"MAX", response.highest), (b"COUNT", response.count))
    words += [name + b" %d" % number for name, number in pairs if number is not None]
    numbers = encode_number_set(response.numbers) if response.numbers else b""
    if response.window is not None:
        words.append(b"PARTIAL (%b %b)" % (str(response.window).encode("ascii"), numbers or NIL))
    elif numbers:
        words.append(b"ALL " + numbers)
    if response.modseq is not None:
        words.append(b"MODSEQ %d" % response.modseq)
    return b" ".join(words)


def _encode_names(response: Names) -> bytes:
    match response:
        case Capabilities(names):
            return " ".join(["* CAPABILITY", *names]).encode("ascii")
        case Enabled(names):
            return " ".join(["* ENABLED", *names]).encode("ascii")
        case Flags(flags):
            return b"* FLAGS " + encode_flags(flags)
        case _:
            assert_never(response)


def _encode_mailboxes(response: Mailboxes, *, utf8: bool) -> bytes:
    match response:
        case ListLine():
            return _encode_list_line(response, utf8=utf8)
        case MailboxStatus(mailbox, items):
            counts = " ".join(f"{name} {count}" for name, count in items).encode("ascii")
            return b"* STATUS %s (%s)" % (encode_mailbox(mailbox, utf8=utf8), counts)
        case QuotaRoots(mailbox, roots):
            words = [b"* QUOTAROOT", encode_mailbox(mailbox, utf8=utf8)]
            return b" ".join([*words, *(encode_string(root.encode("utf-8")) for root in roots)])
        case QuotaStorage(root, used, limit):
            return b"* QUOTA %b (STORAGE %d %d)" % (encode_string(root.encode("utf-8")), used, limit)
        case Namespaces(personal, others, shared):
            return b" ".join([b"* NAMESPACE", *(_encode_namespace(n, utf8=utf8) for n in (personal, others, shared))])
        case _:
            assert_never(response)


# mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
# oldname-extended-item = "OLDNAME" SP "(" mailbox ")"
# childinfo-extended-item = "CHILDINFO" SP "(" list-select-base-opt-quoted *(SP …) ")"
def _encode_list_line(line: ListLine, *, utf8: bool) -> bytes:
    words = [
        b"*",
        line.name.encode("ascii"),
        b"(" + " ".join(line.attributes).encode("ascii") + b")",
        NIL if line.delimiter is None else encode_quoted(line.delimiter.encode("ascii")),
        encode_mailbox(line.mailbox, utf8=utf8),
    ]
    if line.child_info:
        options = b" ".join(encode_quoted(option.encode("ascii")) for option in line.child_info)
        words.append(b'("CHILDINFO" (' + options + b"))")
    if line.old_name:
        words.append(b'("OLDNAME" (' + encode_mailbox(line.old_name, utf8=utf8) + b"))")
    return b" ".join(words)


def _encode_namespace(pairs: tuple[tuple[str, str], ...], *, utf8: bool) -> bytes:
    if not pairs:
        return NIL
    return b"(%s)" % b"".join(
        b"(%s %s)" % (_encode_prefix(prefix, utf8=utf8), encode_quoted(delimiter.encode("ascii")))
        for prefix, delimiter in pairs
    )


def _encode_prefix(prefix: str, *, utf8: bool) -> bytes:
    """Like a mailbox name, but never as an atom: the grammar wants a string."""
    name = encode_mailbox(prefix, utf8=utf8)
    return name if name.startswith((b'"', b"{")) else encode_quoted(name)


def _encode_id(fields: tuple[tuple[str, str], ...]) -> bytes:
    if not fields:
        return NIL
    pairs = (encode_string(k.encode("utf-8")) + b" " + encode_nstring(v.encode("utf-8")) for k, v in fields)
    return b"(" + b" ".join(pairs) + b")"
