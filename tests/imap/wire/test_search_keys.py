"""Every search key of RFC 3501 and RFC 9051, and what is none."""

from datetime import date

import pytest

from mssmail.core.mailbox import SEEN, STAR, ModSeq, SeqSet, UIDSet
from mssmail.core.search import (
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
)
from mssmail.errors import BadCharset, BadSyntax
from mssmail.imap.wire.commands import Search
from mssmail.imap.wire.search_keys import MAX_DEPTH, MAX_KEYS, parse_keys, parse_search
from tests.imap.wire.support import build_cursor


def _parse(text: bytes, *literals: bytes) -> Search:
    cursor = build_cursor(text, *literals)
    search = parse_search(cursor, uid=False)
    cursor.expect_end()
    return search


DAY = date(1994, 2, 1)
KEYS: dict[bytes, SearchKey] = {
    b"ALL": All(),
    b"ANSWERED": HasFlag(r"\Answered"),
    b"BCC x": EnvelopeText("bcc", "x"),
    b"BEFORE 1-Feb-1994": DateKey(DateKind.INTERNAL, Comparison.BEFORE, DAY),
    b'BODY "a b"': BodyText("a b"),
    b"CC x": EnvelopeText("cc", "x"),
    b"DELETED": HasFlag(r"\Deleted"),
    b"DRAFT": HasFlag(r"\Draft"),
    b"FLAGGED": HasFlag(r"\Flagged"),
    b"FROM Smith": EnvelopeText("from", "Smith"),
    b"HEADER Message-ID <a@b>": HeaderText("message-id", "<a@b>"),
    b'header X-A ""': HeaderText("x-a", ""),
    b"KEYWORD $Junk": HasFlag("$Junk"),
    b"LARGER 1000": SizeKey(Comparison.LARGER, 1000),
    b"EMAILID E7": OfMessage(7),
    b"EMAILID X": Not(All()),
    b"MODSEQ 620": ModSeqKey(ModSeq(620)),
    b'MODSEQ "/flags/draft" all 620': ModSeqKey(ModSeq(620)),
    b"THREADID T1": Not(All()),
    b"threadid T" + b"0f" * 16: OfThread("T" + "0f" * 16),
    b"NEW": And((HasFlag(r"\Recent"), Not(HasFlag(r"\Seen")))),
    b"NOT SEEN": Not(HasFlag(r"\Seen")),
    b"OLD": Not(HasFlag(r"\Recent")),
    b'ON "1-Feb-1994"': DateKey(DateKind.INTERNAL, Comparison.ON, DAY),
    b"OR SEEN (DRAFT ALL)": Or(HasFlag(r"\Seen"), And((HasFlag(r"\Draft"), All()))),
    b"RECENT": HasFlag(r"\Recent"),
    b"SAVEDBEFORE 1-Feb-1994": DateKey(DateKind.SAVED, Comparison.BEFORE, DAY),
    b"SAVEDON 1-Feb-1994": DateKey(DateKind.SAVED, Comparison.ON, DAY),
    b"SAVEDSINCE 1-Feb-1994": DateKey(DateKind.SAVED, Comparison.SINCE, DAY),
    b"SEEN": HasFlag(r"\Seen"),
    b"SENTBEFORE 1-Feb-1994": DateKey(DateKind.SENT, Comparison.BEFORE, DAY),
    b"SENTON 1-Feb-1994": DateKey(DateKind.SENT, Comparison.ON, DAY),
    b"SENTSINCE 1-Feb-1994": DateKey(DateKind.SENT, Comparison.SINCE, DAY),
    b"SINCE 1-Feb-1994": DateKey(DateKind.INTERNAL, Comparison.SINCE, DAY),
    b"SMALLER 9223372036854775807": SizeKey(Comparison.BEFORE, 2**63 - 1),
    b"SUBJECT x": EnvelopeText("subject", "x"),
    b"TEXT x": AnyText("x"),
    b"TO x": EnvelopeText("to", "x"),
    b"UID 3:*": InUids(UIDSet(((3, STAR),))),
    b"UNANSWERED": Not(HasFlag(r"\Answered")),
    b"UNDELETED": Not(HasFlag(r"\Deleted")),
    b"UNDRAFT": Not(HasFlag(r"\Draft")),
    b"UNFLAGGED": Not(HasFlag(r"\Flagged")),
    b"UNKEYWORD $Junk": Not(HasFlag("$Junk")),
    b"UNSEEN": Not(HasFlag(r"\Seen")),
    b"2,4:*": InSeqs(SeqSet(((2, 2), (4, STAR)))),
    b"*:*": InSeqs(SeqSet(((STAR, STAR),))),
    b"(ALL)": All(),
    b"((ALL SEEN))": And((All(), HasFlag(r"\Seen"))),
    b"1:3 NOT NOT DELETED": And((InSeqs(SeqSet(((1, 3),))), Not(Not(HasFlag(r"\Deleted"))))),
}


@pytest.mark.parametrize("text", KEYS)
def test_a_key_is_this_value(text: bytes) -> None:
    assert _parse(text) == Search(KEYS[text])
    assert parse_search(build_cursor(text), uid=True) == Search(KEYS[text], uid=True)


def test_names_of_keys_are_read_in_any_case() -> None:
    assert _parse(b"uNsEEn").key == KEYS[b"UNSEEN"]


def test_text_is_utf8_with_and_without_a_charset() -> None:
    text = "été".encode()
    assert _parse(b"SUBJECT \n", text) == Search(EnvelopeText("subject", "été"))
    assert _parse(b"CHARSET UTF-8 SUBJECT \n", text) == Search(EnvelopeText("subject", "été"), charset="UTF-8")
    assert _parse(b'charset "us-ascii" ALL') == Search(All(), charset="US-ASCII")
    with pytest.raises(BadSyntax, match="not UTF-8"):
        _parse(b"SUBJECT \n", b"\xe9t\xe9")


def test_a_charset_we_do_not_read_is_a_fault_of_its_own() -> None:
    with pytest.raises(BadCharset):
        _parse(b"CHARSET ISO-8859-1 SUBJECT x")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b"FOO",
        b'MODSEQ "/flags/seen" NOBODY 1',
        b"SEEN ",
        b"SEEN  DRAFT",
        b"SEENDRAFT",
        b"(SEEN",
        b"NOT",
        b"NOT ",
        b"OR SEEN",
        b"OR SEEN ",
        b"SUBJECT",
        b"HEADER x",
        b"KEYWORD",
        rb"KEYWORD \Seen",
        b"LARGER x",
        b"LARGER 9223372036854775808",
        b"ON 31-Feb-1994",
        b"UID x",
        b"0",
        b"CHARSET UTF-8",
        b"CHARSET ",
    ],
)
def test_what_is_no_search_is_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax) as fault:
        _parse(text)
    assert not isinstance(fault.value, BadCharset)


@pytest.mark.parametrize("nest", [(b"(", b")"), (b"NOT ", b""), (b"OR SEEN ", b"")])
def test_nesting_has_an_end(nest: tuple[bytes, bytes]) -> None:
    opening, closing = nest
    _parse(opening * MAX_DEPTH + b"ALL" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(BadSyntax, match="too deep"):
            _parse(opening * depth + b"ALL" + closing * depth)


def test_many_keys_side_by_side_are_not_deep() -> None:
    key = _parse(b" ".join([b"SEEN"] * 10_000)).key
    assert isinstance(key, And)
    assert len(key.keys) == 10_000


def test_of_two_hundred_thousand_keys_only_the_first_are_read() -> None:
    assert parse_keys(build_cursor(b" ".join([b"SEEN"] * MAX_KEYS))) == And((HasFlag(SEEN),) * MAX_KEYS)
    cursor = build_cursor(b" ".join([b"SEEN"] * 200_000))
    with pytest.raises(BadSyntax, match="too many keys"):
        parse_keys(cursor)
    assert cursor.try_text(b"SEEN")
