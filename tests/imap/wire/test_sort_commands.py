"""SORT and THREAD as clients write them; that they parse back to themselves is a property of its own."""

import pytest

from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
from mssmail.core.search import All, EnvelopeText
from mssmail.core.window import Window
from mssmail.errors import BadCharset, BadSyntax
from mssmail.imap.wire.commands import CommandBody, Sort, Thread
from mssmail.imap.wire.frames import Frame
from mssmail.imap.wire.parser import parse_command
from mssmail.imap.wire.sort_commands import MAX_CRITERIA


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"sort (subject) utf-8 all", Sort((Criterion(SortKey.SUBJECT),), All())),
        (
            b"UID SORT (REVERSE DATE displayfrom) US-ASCII ALL",
            Sort((Criterion(SortKey.DATE, True), Criterion(SortKey.DISPLAYFROM)), All(), True, "US-ASCII"),
        ),
        (
            b"SORT RETURN (COUNT) (SIZE) UTF-8 ALL",
            Sort((Criterion(SortKey.SIZE),), All(), returns=("COUNT",)),
        ),
        (
            b"SORT (SIZE) UTF-8 RETURN (PARTIAL 4:2) ALL",
            Sort((Criterion(SortKey.SIZE),), All(), returns=("PARTIAL",), window=Window(2, 4)),
        ),
        (b'THREAD REFERENCES "UTF-8" SUBJECT a', Thread(ThreadAlgorithm.REFERENCES, EnvelopeText("subject", "a"))),
        (b"UID THREAD orderedsubject UTF-8 ALL", Thread(ThreadAlgorithm.ORDEREDSUBJECT, All(), uid=True)),
    ],
)
def test_reads_what_is_asked(text: bytes, body: CommandBody) -> None:
    assert parse_command(Frame(b"A1 " + text)).body == body


@pytest.mark.parametrize(
    "text",
    [
        b"SORT () UTF-8 ALL",
        b"SORT SUBJECT UTF-8 ALL",
        b"SORT (SUBJECT) ALL",
        b"SORT (SUBJECT) UTF-8",
        b"SORT (SIZES) UTF-8 ALL",
        b"SORT RETURN (ALL) (SIZE) UTF-8 RETURN (ALL) ALL",
        b"SORT (REVERSE) UTF-8 ALL",
        b"SORT (REVERSE REVERSE SIZE) UTF-8 ALL",
        b"SORT (" + b" ".join([b"SIZE"] * (MAX_CRITERIA + 1)) + b") UTF-8 ALL",
        b"THREAD UTF-8 ALL",
        b"THREAD REFS UTF-8 ALL",
        b"THREAD REFERENCES UTF-8",
    ],
)
def test_refuses_what_is_neither(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_command(Frame(b"A1 " + text))


@pytest.mark.parametrize("text", [b"SORT (SIZE) LATIN-1 ALL", b"THREAD REFERENCES KOI8-R ALL"])
def test_knows_two_character_sets(text: bytes) -> None:
    with pytest.raises(BadCharset):
        parse_command(Frame(b"A1 " + text))
