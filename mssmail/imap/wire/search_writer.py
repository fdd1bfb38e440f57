"""Write search keys as a client does: the other half of ``search_keys``."""

from typing import assert_never

from mssmail.core.mailbox import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN
from mssmail.core.search import (
    AgeKey,
    All,
    And,
    AnyText,
    BodyText,
    Comparison,
    DateKey,
    DateKind,
    EnvelopeText,
    HasFlag,
    HeaderText,
    InSeqs,
    InUids,
    ModSeqKey,
    MomentKey,
    Not,
    OfMessage,
    OfThread,
    Or,
    SearchKey,
    SizeKey,
    UidRanges,
)
from mssmail.imap.wire.dates import encode_date
from mssmail.imap.wire.search_keys import RECENT
from mssmail.imap.wire.writer import encode_client_string, encode_numbers

_FLAGS = {
    ANSWERED: b"ANSWERED",
    DELETED: b"DELETED",
    DRAFT: b"DRAFT",
    FLAGGED: b"FLAGGED",
    SEEN: b"SEEN",
    RECENT: b"RECENT",
}
_DATE_KINDS = {DateKind.INTERNAL: b"", DateKind.SENT: b"SENT", DateKind.SAVED: b"SAVED"}
_DATE_COMPARISONS = {Comparison.BEFORE: b"BEFORE ", Comparison.ON: b"ON ", Comparison.SINCE: b"SINCE "}
_AGE_COMPARISONS = {Comparison.BEFORE: b"OLDER %d", Comparison.SINCE: b"YOUNGER %d"}
_SIZE_COMPARISONS = {Comparison.LARGER: b"LARGER %d", Comparison.BEFORE: b"SMALLER %d"}

_Text = HeaderText | EnvelopeText | BodyText | AnyText
_OfObject = OfMessage | OfThread
_Leaf = All | HasFlag | _Text | DateKey | AgeKey | SizeKey | ModSeqKey | _OfObject | InSeqs | InUids


def encode_search_key(key: SearchKey) -> bytes:
    """A key that parses to itself. UidRanges and MomentKey are the store's own and cannot be asked for."""
    match key:
        case Not(inner):
            return b"NOT " + encode_search_key(inner)
        case Or(left, right):
            return b"OR " + encode_search_key(left) + b" " + encode_search_key(right)
        case And(keys):
            return b"(" + b" ".join(encode_search_key(inner) for inner in keys) + b")"
        case UidRanges() | MomentKey():
            raise ValueError("resolved keys are not for the wire")
        case _:
            return _encode_leaf(key)


def _encode_leaf(key: _Leaf) -> bytes:
    match key:
        case HeaderText() | EnvelopeText() | BodyText() | AnyText():
            return _encode_text_key(key)
        case DateKey() | AgeKey() | SizeKey():
            return _encode_comparison(key)
        case ModSeqKey() | OfMessage() | OfThread() | InSeqs() | InUids():
            return _encode_number_key(key)
        case All() | HasFlag():
            return _encode_plain_key(key)
        case _:
            assert_never(key)


def _encode_plain_key(key: All | HasFlag) -> bytes:
    if isinstance(key, All):
        return b"ALL"
    return _FLAGS.get(key.flag) or b"KEYWORD " + key.flag.encode("ascii")


def _encode_text_key(key: _Text) -> bytes:
    text = encode_client_string(key.text.encode("utf-8"))
    match key:
        case HeaderText(field):
            return b"HEADER " + encode_client_string(field.encode("utf-8")) + b" " + text
        case EnvelopeText(field):
            return field.upper().encode("ascii") + b" " + text
        case BodyText():
            return b"BODY " + text
        case AnyText():
            return b"TEXT " + text
        case _:
            assert_never(key)


def _encode_comparison(key: DateKey | AgeKey | SizeKey) -> bytes:
    match key:
        case DateKey(kind, comparison, day):
            return _DATE_KINDS[kind] + _DATE_COMPARISONS[comparison] + encode_date(day)
        case AgeKey(comparison, seconds):
            return _AGE_COMPARISONS[comparison] % seconds
        case SizeKey(comparison, octets):
            return _SIZE_COMPARISONS[comparison] % octets
        case _:
            assert_never(key)


def _encode_number_key(key: ModSeqKey | _OfObject | InSeqs | InUids) -> bytes:
    match key:
        case ModSeqKey(modseq):
            return b"MODSEQ %d" % modseq
        case OfMessage(message_id):
            return b"EMAILID E%d" % message_id
        case OfThread(thread_id):
            return b"THREADID " + thread_id.encode("ascii")
        case InSeqs(numbers):
            return encode_numbers(numbers)
        case InUids(numbers):
            return b"UID " + encode_numbers(numbers)
        case _:
            assert_never(key)
