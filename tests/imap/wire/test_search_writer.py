"""Search keys as a client writes them."""

from datetime import date

import pytest

from mssmail.core.mailbox import STAR, ModSeq, SeqSet, UIDSet
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
    Not,
    OfMessage,
    OfThread,
    Or,
    SearchKey,
    SizeKey,
    UidRanges,
)
from mssmail.imap.wire.search_writer import encode_search_key


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (All(), b"ALL"),
        (AgeKey(Comparison.BEFORE, 60), b"OLDER 60"),
        (AgeKey(Comparison.SINCE, 60), b"YOUNGER 60"),
        (ModSeqKey(ModSeq(620)), b"MODSEQ 620"),
        (OfMessage(7), b"EMAILID E7"),
        (OfThread("T" + "0f" * 16), b"THREADID T" + b"0f" * 16),
        (HasFlag(r"\Seen"), b"SEEN"),
        (HasFlag(r"\Recent"), b"RECENT"),
        (HasFlag("$Junk"), b"KEYWORD $Junk"),
        (Not(HasFlag(r"\Draft")), b"NOT DRAFT"),
        (Or(All(), Not(All())), b"OR ALL NOT ALL"),
        (And((All(), HasFlag(r"\Seen"))), b"(ALL SEEN)"),
        (HeaderText("subject", "a b"), b'HEADER "subject" "a b"'),
        (EnvelopeText("subject", "a b"), b'SUBJECT "a b"'),
        (BodyText("été"), b"BODY {5+}\r\n\xc3\xa9t\xc3\xa9"),
        (AnyText(""), b'TEXT ""'),
        (DateKey(DateKind.INTERNAL, Comparison.BEFORE, date(1994, 2, 1)), b"BEFORE 1-Feb-1994"),
        (DateKey(DateKind.SENT, Comparison.ON, date(1994, 2, 1)), b"SENTON 1-Feb-1994"),
        (DateKey(DateKind.SAVED, Comparison.SINCE, date(1994, 2, 1)), b"SAVEDSINCE 1-Feb-1994"),
        (SizeKey(Comparison.LARGER, 5), b"LARGER 5"),
        (SizeKey(Comparison.BEFORE, 5), b"SMALLER 5"),
        (InSeqs(SeqSet(((1, 3), (5, STAR)))), b"1:3,5:*"),
        (InUids(UIDSet(((7, 7),))), b"UID 7"),
    ],
)
def test_a_key_is_this_text(key: SearchKey, text: bytes) -> None:
    assert encode_search_key(key) == text


def test_what_is_resolved_is_not_for_the_wire() -> None:
    with pytest.raises(ValueError, match="not for the wire"):
        encode_search_key(UidRanges(((1, 2),)))
