"""Bytes and values of IMAP: every command parses to itself, every chunking gives the same, nothing but our faults."""

import string
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.annotation import Annotation
from mssmail.core.mailbox import STAR, SYSTEM_FLAGS, ModSeq, Saved, SeqSet, StoreAction, UIDSet, UIDValidity
from mssmail.core.ordering import Criterion, SortKey, ThreadAlgorithm
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
)
from mssmail.errors import BadSyntax
from mssmail.imap.wire import octets
from mssmail.imap.wire.command_writer import encode_command
from mssmail.imap.wire.commands import (
    Append,
    AppendMessage,
    Authenticate,
    Command,
    CommandBody,
    Copy,
    Create,
    Delete,
    Enable,
    Expunge,
    Fetch,
    FetchItem,
    FetchSection,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Known,
    List,
    Login,
    Move,
    Notify,
    Rename,
    Search,
    Section,
    Select,
    SetMetadata,
    Sort,
    Status,
    Store,
    Subscribe,
    Thread,
)
from mssmail.imap.wire.cursor import Cursor
from mssmail.imap.wire.dates import encode_date, encode_date_time, parse_date, parse_date_time
from mssmail.imap.wire.fetch_values import Item
from mssmail.imap.wire.frames import Event, Frame, HangUp, Limits, Literal, NeedContinuation, RawLine, TooBig
from mssmail.imap.wire.framing import Framer
from mssmail.imap.wire.list_command import RETURN_OPTIONS
from mssmail.imap.wire.mailbox_commands import STATUS_ITEMS
from mssmail.imap.wire.names import parse_mailbox
from mssmail.imap.wire.notify_values import NAMING, OF_MESSAGES, OF_SELECTED, EventGroup, Happening, Scope
from mssmail.imap.wire.number_sets import parse_known_uids
from mssmail.imap.wire.parser import WITH_ARGUMENTS, WITHOUT_ARGUMENTS, parse_command
from mssmail.imap.wire.search_returns import OPTIONS as SEARCH_RETURNS
from mssmail.imap.wire.utf7 import decode_utf7, encode_utf7
from mssmail.imap.wire.writer import encode_astring, encode_client_string, encode_mailbox, encode_number_set

# -- values

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1, max_size=15).filter(
    lambda name: name.upper() != "INBOX"
) | st.just("INBOX")
ATOMS = st.text(octets.ATOM_CHARS.decode("ascii"), min_size=1, max_size=8)
TAGS = st.text(octets.TAG_CHARS.decode("ascii"), min_size=1, max_size=8)
FLAGS = st.frozensets(st.sampled_from(SYSTEM_FLAGS) | ATOMS, max_size=4)
NUMBERS = st.integers(1, 2**32 - 1) | st.just(STAR)
RANGES = st.lists(st.tuples(NUMBERS, NUMBERS) | NUMBERS.map(lambda n: (n, n)), min_size=1, max_size=5).map(tuple)
SEQS, UIDS = RANGES.map(SeqSet), RANGES.map(UIDSet)
SETS = SEQS | UIDS | st.builds(Saved, st.booleans())
MODSEQS = st.integers(0, 2**63 - 1).map(ModSeq)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
FIELDS = st.text(string.printable[:95], min_size=1, max_size=10)

KEYS: st.SearchStrategy[SearchKey] = st.recursive(
    st.one_of(
        st.just(All()),
        st.builds(HasFlag, st.sampled_from([*SYSTEM_FLAGS, r"\Recent"]) | ATOMS),
        st.builds(HeaderText, TEXT.map(str.lower).filter(lambda text: text == text.lower()), TEXT),
        st.builds(EnvelopeText, st.sampled_from(["subject", "from", "to", "cc", "bcc"]), TEXT),
        st.builds(BodyText, TEXT),
        st.builds(AnyText, TEXT),
        st.builds(
            DateKey,
            st.sampled_from(DateKind),
            st.sampled_from([Comparison.BEFORE, Comparison.ON, Comparison.SINCE]),
            st.dates(),
        ),
        st.builds(SizeKey, st.sampled_from([Comparison.LARGER, Comparison.BEFORE]), st.integers(0, 2**63 - 1)),
        st.builds(AgeKey, st.sampled_from([Comparison.BEFORE, Comparison.SINCE]), st.integers(1, 2**32 - 1)),
        st.builds(ModSeqKey, MODSEQS),
        st.builds(OfMessage, st.integers(1, 10**18 - 1)),
        st.builds(OfThread, st.from_regex(r"T[0-9a-f]{32}", fullmatch=True)),
        st.builds(InSeqs, SEQS | st.just(Saved(uid=False))),
        st.builds(InUids, UIDS | st.just(Saved(uid=True))),
    ),
    lambda keys: st.one_of(
        st.builds(Not, keys),
        st.builds(Or, keys, keys),
        st.builds(And, st.lists(keys, min_size=2, max_size=4).map(tuple)),
    ),
    max_leaves=10,
)

_PARTS = st.lists(st.integers(1, 2**32 - 1), max_size=4).map(tuple)
_FIELD_LISTS = st.sampled_from(["HEADER.FIELDS", "HEADER.FIELDS.NOT"])
SECTIONS = st.one_of(
    st.builds(Section, _PARTS, st.sampled_from(["", "HEADER", "TEXT"])),
    st.builds(Section, _PARTS.filter(bool), st.just("MIME")),
    st.builds(Section, _PARTS, _FIELD_LISTS, st.lists(FIELDS, min_size=1, max_size=3).map(tuple)),
)
PARTIALS = st.none() | st.tuples(st.integers(0, 2**63 - 1), st.integers(1, 2**63 - 1))
ITEMS: st.SearchStrategy[Item] = st.one_of(
    st.sampled_from(["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE"]).map(FetchItem),
    st.builds(FetchItem, st.just("PREVIEW"), st.booleans()),
    st.builds(FetchSection, SECTIONS, st.booleans(), PARTIALS),
    st.sampled_from(
        [
            FetchSection(Section(), label="RFC822"),
            FetchSection(Section(text="HEADER"), peek=True, label="RFC822.HEADER"),
            FetchSection(Section(text="TEXT"), label="RFC822.TEXT"),
        ]
    ),
)
ITEM_LISTS = st.lists(ITEMS, min_size=1, max_size=5, unique=True)
STATUS_LISTS = st.lists(st.sampled_from(STATUS_ITEMS), min_size=1, unique=True).map(tuple)


@st.composite
def build_list(draw: st.DrawFn) -> List:
    patterns = tuple(draw(st.lists(NAMES, min_size=1, max_size=3)))
    name = draw(st.sampled_from(["LIST", "LSUB", "XLIST"]))
    if name != "LIST":
        return List(name, draw(NAMES), patterns[:1])
    selection = tuple(draw(st.lists(st.sampled_from(["SUBSCRIBED", "REMOTE", "SPECIAL-USE"]), unique=True)))
    returns = tuple(draw(st.lists(st.sampled_from(RETURN_OPTIONS), unique=True)))
    items = draw(STATUS_LISTS) if "STATUS" in returns else ()
    is_extended = bool(selection or returns or len(patterns) > 1) or draw(st.booleans())
    return List(name, draw(NAMES), patterns, selection, returns, items, is_extended)


_LEVELS = st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="/%*"), min_size=1))
ENTRIES = st.builds(
    lambda scope, levels: "/".join([scope, "x", *levels]), st.sampled_from(["/private", "/Shared"]), _LEVELS
)
KNOWN = st.builds(Known, st.integers(1, 2**32 - 1).map(UIDValidity), MODSEQS, st.none() | UIDS)


@st.composite
def build_notify(draw: st.DrawFn) -> Notify:
    """Groups whose events go together, the selected mailbox at most once."""
    together: list[tuple[Happening, ...]] = [
        (),
        _BOTH,
        (*_BOTH, Happening.FLAG_CHANGE),
        (*_BOTH, Happening.ANNOTATION_CHANGE),
    ]
    groups: list[EventGroup] = []
    for scope in draw(st.lists(st.sampled_from(Scope), min_size=1, max_size=4)):
        chosen = frozenset(draw(st.sampled_from(together)))
        if scope in OF_SELECTED:
            items = tuple(draw(ITEM_LISTS)) if draw(BOOLEANS) and chosen else ()
            groups = [group for group in groups if group.scope not in OF_SELECTED]
            groups.append(EventGroup(scope, chosen, (), items))
            continue
        names = tuple(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))) if scope in NAMING else ()
        chosen |= frozenset(draw(st.lists(st.sampled_from(sorted(set(Happening) - OF_MESSAGES, key=str)))))
        groups.append(EventGroup(scope, chosen, names))
    return Notify(tuple(groups), draw(BOOLEANS))


BOOLEANS: st.SearchStrategy[bool] = st.booleans()
_BOTH = (Happening.MESSAGE_NEW, Happening.MESSAGE_EXPUNGE)
RETURNS = st.none() | st.lists(st.sampled_from(SEARCH_RETURNS), unique=True).map(tuple)

CRITERIA = st.lists(st.builds(Criterion, st.sampled_from(SortKey), st.booleans()), min_size=1, max_size=4).map(tuple)
BODIES: st.SearchStrategy[CommandBody] = st.one_of(
    st.sampled_from(list(WITHOUT_ARGUMENTS.values())),
    st.builds(Authenticate, ATOMS.map(str.upper), st.none() | st.binary(max_size=30)),
    st.builds(Login, TEXT, TEXT),
    st.builds(Id, st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple)),
    st.builds(Enable, st.lists(ATOMS.map(str.upper), min_size=1, max_size=3).map(tuple)),
    st.builds(Select, NAMES, st.booleans(), st.booleans(), st.none() | KNOWN),
    st.builds(Create, NAMES, st.sampled_from(["", r"\Sent", r"\Archive \Junk"])),
    st.builds(Delete, NAMES),
    st.builds(Rename, NAMES, NAMES),
    st.builds(Subscribe, NAMES, st.booleans()),
    st.builds(Status, NAMES, STATUS_LISTS),
    build_list(),
    st.builds(
        Append,
        NAMES,
        st.lists(
            st.builds(AppendMessage, FLAGS, st.none() | MOMENTS, st.binary(max_size=40)), min_size=1, max_size=3
        ).map(tuple),
    ),
    st.builds(Expunge, st.none() | UIDS | st.just(Saved(uid=True))),
    st.builds(Search, KEYS, st.booleans(), st.sampled_from(["", "US-ASCII", "UTF-8"]), RETURNS),
    st.builds(Sort, CRITERIA, KEYS, st.booleans(), st.sampled_from(["US-ASCII", "UTF-8"])),
    st.builds(Thread, st.sampled_from(ThreadAlgorithm), KEYS, st.booleans(), st.sampled_from(["US-ASCII", "UTF-8"])),
    st.builds(Fetch, SEQS, ITEM_LISTS.map(tuple)),
    st.builds(Fetch, UIDS, ITEM_LISTS.map(lambda items: (FetchItem("UID"), *items))),
    st.builds(
        Fetch,
        SEQS,
        ITEM_LISTS.map(lambda items: (*items, FetchItem("MODSEQ"))),
        MODSEQS,
        st.booleans(),
    ),
    st.builds(Store, SETS, st.sampled_from(StoreAction), FLAGS, st.booleans(), st.none() | MODSEQS),
    st.builds(Copy, SETS, NAMES),
    st.builds(Move, SETS, NAMES),
    st.builds(GetQuota, TEXT),
    st.just(Notify()),
    build_notify(),
    ITEM_LISTS.map(lambda items: Search(All(), returns=("UPDATE", "COUNT"), updates=tuple(items))),
    st.builds(GetQuotaRoot, NAMES),
    st.builds(
        GetMetadata,
        st.just("") | NAMES,
        st.lists(ENTRIES, min_size=1, max_size=3, unique_by=str.lower).map(tuple),
        st.none() | st.integers(0, 2**32 - 1),
        st.sampled_from([0, 1, None]),
    ),
    st.builds(
        SetMetadata,
        st.just("") | NAMES,
        st.lists(st.builds(Annotation, ENTRIES, st.none() | st.binary(max_size=30)), min_size=1, max_size=3).map(tuple),
    ),
)

# -- bytes that are nearly commands

LIMITS = Limits(line=120, literal=40, command=150, literals=3, discard=300)
_SHREDS = [
    *(name + b" " for name in [*WITH_ARGUMENTS, *WITHOUT_ARGUMENTS]),
    *(b"A1 ", b"A2 NOOP", b"\r\n", b"\r", b"\n", b"\0", b" ", b"(", b")", b'"', b"\\", b"{", b"}", b"~", b"+"),
    *(b"{3+}\r\nabc", b"{3}\r\nabc", b"{41+}\r\n", b"{41}\r\n", b"{0}\r\n", b"~{2+}\r\n\0\r", b"{99999999999}\r\n"),
    *(b"1:*", b"INBOX", b"BODY[", b"1.2.", b"HEADER.FIELDS (", b"]<0.1>", b"NOT ", b"OR ", b"SINCE 1-Feb-1994"),
    *(
        b'" 7-Feb-1994 21:52:25 -0800"',
        b"FLAGS",
        b"\\Seen",
        b"&AOk-",
        b"NIL",
        b"x" * 60,
        b"(SELECTED ",
        b"(MessageNew MessageExpunge",
        b"\xc3\xa9",
        b"\xff",
    ),
]
SHREDS = st.lists(st.sampled_from(_SHREDS) | st.binary(max_size=5), max_size=25).map(b"".join)
RAW_AFTER = st.sampled_from([b"IDLE", b"nothing"])


def play(data: bytes, cuts: list[int], raw_after: bytes) -> list[Event]:
    """All events of these bytes in these pieces; after a frame that holds ``raw_after`` a line is asked for."""
    framer, events = Framer(LIMITS), list[Event]()
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        framer.feed(data[start:end])
        while (event := framer.next_event()) is not None:
            events.append(event)
            if isinstance(event, Frame) and raw_after in event.text:
                framer.expect_line()
    return events


@given(st.data(), SHREDS, RAW_AFTER)
def test_any_chunking_gives_the_same_events(data: st.DataObject, raw: bytes, raw_after: bytes) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    whole = play(raw, [], raw_after)
    assert play(raw, cuts, raw_after) == whole
    assert play(raw, list(range(len(raw))), raw_after) == whole


@given(SHREDS)
def test_no_event_passes_the_limits(raw: bytes) -> None:
    for event in play(raw, [], b"IDLE"):
        match event:
            case Frame(text, literals):
                assert len(text) <= LIMITS.line
                assert len(literals) <= LIMITS.literals
                assert all(len(literal.data) <= LIMITS.literal for literal in literals)
            case NeedContinuation(size):
                assert size <= LIMITS.literal
            case RawLine(line):
                assert len(line) <= LIMITS.line


@given(SHREDS, st.booleans())
def test_whatever_comes_is_a_command_or_our_fault(raw: bytes, utf8: bool) -> None:
    for event in play(b"A1 " + raw + b"\r\n", [], b"nothing"):
        if isinstance(event, Frame):
            try:
                assert parse_command(event, utf8=utf8).tag
            except BadSyntax as fault:
                assert isinstance(fault.tag, str)  # noqa: PT017


@given(st.sampled_from(sorted(WITH_ARGUMENTS)), st.lists(st.sampled_from(_SHREDS), max_size=6).map(b"".join))
def test_whatever_follows_a_name_is_a_command_or_our_fault(name: bytes, rest: bytes) -> None:
    text = b"A1 " + name + b" " + rest.replace(b"\n", b"")
    try:
        assert parse_command(Frame(text)).tag == "A1"
    except BadSyntax as fault:
        assert fault.tag == "A1"  # noqa: PT017


@given(st.binary(max_size=60), st.integers(1, 40))
def test_a_literal_is_never_read_as_a_command(inside: bytes, size: int) -> None:
    inside = (inside + b"x" * size)[:size]
    events = play(b"A1 X {%d+}\r\n%b\r\nA2 NOOP\r\n" % (size, inside), [], b"nothing")
    assert events == [Frame(b"A1 X \n", (Literal(inside),)), Frame(b"A2 NOOP")]


@given(st.binary(min_size=41, max_size=200))
def test_nor_is_one_that_was_too_big(inside: bytes) -> None:
    events = play(b"A1 X {%d+}\r\n%b\r\nA2 NOOP\r\n" % (len(inside), inside), [], b"nothing")
    assert events == [TooBig("A1", "the literal is too big"), Frame(b"A2 NOOP")]


@given(st.lists(st.binary(min_size=1, max_size=80).filter(lambda piece: b"\r" not in piece), max_size=20))
def test_what_is_held_is_bounded(pieces: list[bytes]) -> None:
    framer, done = Framer(LIMITS), False
    for piece in pieces:
        framer.feed(piece)
        while (event := framer.next_event()) is not None:
            done = done or isinstance(event, HangUp)
        assert len(framer._buffer) <= LIMITS.line + len(piece)
    if sum(map(len, pieces)) > LIMITS.discard + LIMITS.line:
        assert done


# -- both ways


@given(TAGS, BODIES, st.booleans())
def test_a_command_written_and_parsed_is_itself(tag: str, body: CommandBody, utf8: bool) -> None:
    command = Command(tag, body)
    framer = Framer(Limits(10_000, 10_000, 20_000, 100, 100_000))
    framer.feed(encode_command(command, utf8=utf8))
    frame = framer.next_event()
    assert isinstance(frame, Frame)
    assert parse_command(frame, utf8=utf8) == command
    assert framer.next_event() is None


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_every_text_has_a_spelling_in_modified_utf7(text: str) -> None:
    raw = encode_utf7(text)
    assert raw.isascii()
    assert decode_utf7(raw) == text


@given(st.binary(max_size=20) | st.text("&-ABCD2D3eAA+/,", max_size=20).map(str.encode))
def test_no_name_has_two_spellings(raw: bytes) -> None:
    try:
        text = decode_utf7(raw)
    except BadSyntax:
        return
    assert encode_utf7(text) == raw


@given(st.binary(max_size=30).map(lambda raw: raw.replace(b"\0", b"")))
def test_what_a_server_writes_as_a_string_is_read_as_it_was(raw: bytes) -> None:
    for written in (encode_astring(raw), encode_client_string(raw)):
        framer = Framer(LIMITS)
        framer.feed(written + b"\r\n")
        events = [event for event in iter(framer.next_event, None) if isinstance(event, Frame)]
        assert Cursor(events[0]).expect_astring() == raw


@given(NAMES)
def test_a_mailbox_name_is_read_as_it_was_written(name: str) -> None:
    assert parse_mailbox(Cursor(Frame(encode_mailbox(name)))) == name


@given(st.sets(st.integers(1, 2**32 - 1), min_size=1, max_size=50))
def test_numbers_are_read_as_they_were_written(numbers: set[int]) -> None:
    written = encode_number_set(sorted(numbers))
    ranges = parse_known_uids(Cursor(Frame(written))).ranges
    assert sum(high - low + 1 for low, high in ranges) == len(numbers)
    assert all(low in numbers and high in numbers for low, high in ranges)


@given(MOMENTS, st.dates())
def test_dates_are_read_as_they_were_written(moment: datetime, day: date) -> None:
    assert parse_date_time(Cursor(Frame(encode_date_time(moment)))) == moment
    assert parse_date(Cursor(Frame(encode_date(day)))) == day


@pytest.mark.parametrize("name", sorted(WITH_ARGUMENTS))
def test_every_name_of_the_table_wants_its_arguments(name: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_command(Frame(b"A1 " + name))
