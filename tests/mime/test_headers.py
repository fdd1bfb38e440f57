"""Fields by span, and who a message says it is from."""

import time

import pytest

from mssmail.core.address import Address
from mssmail.core.message import Span
from mssmail.mime.headers import (
    MAX_FIELDS,
    MAX_HEADER_BYTES,
    find_authors,
    find_field,
    find_sender,
    find_senders,
    read_authors,
    select_fields,
    split_fields,
)
from mssmail.mime.parts import scan

ALICE, BOB = Address("alice", "a.example"), Address("bob", "b.example")
HEADER = b"Subject: one\r\n two\r\nX-Empty:\r\nfrom : a@b.example\r\nno field\r\nLF: x\n\r\n"


def _whole(data: bytes) -> Span:
    return Span(0, len(data))


def test_splits_fields_with_their_folds() -> None:
    fields = split_fields(HEADER, _whole(HEADER))
    assert [field.name for field in fields] == ["Subject", "X-Empty", "from", "", "LF"]
    assert [field.key for field in fields] == ["subject", "x-empty", "from", "", "lf"]
    assert [field.value.cut(HEADER) for field in fields] == [b" one\r\n two", b"", b" a@b.example", b"no field", b" x"]
    assert [field.read(HEADER) for field in fields] == [b"one two", b"", b"a@b.example", b"no field", b"x"]


def test_the_fields_cover_the_header_up_to_its_blank_line() -> None:
    fields = split_fields(HEADER, _whole(HEADER))
    assert b"".join(field.span.cut(HEADER) for field in fields) + b"\r\n" == HEADER


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\n", b"\r\nSubject: body\r\n"])
def test_an_empty_header_has_no_fields(data: bytes) -> None:
    assert split_fields(data, _whole(data)) == ()


def test_a_header_may_start_with_a_fold_and_end_without_a_line_end() -> None:
    data = b" stray\r\nSubject: x"
    fields = split_fields(data, _whole(data))
    assert [(field.key, field.read(data)) for field in fields] == [("", b"stray"), ("subject", b"x")]


def test_beyond_the_limits_the_rest_is_one_nameless_field() -> None:
    many = b"a: b\r\n" * (MAX_FIELDS + 10) + b"\r\n"
    fields = split_fields(many, _whole(many))
    assert len(fields) == MAX_FIELDS + 1
    assert (fields[-1].key, fields[-1].span.end) == ("", len(many))
    long = b"a: " + b"x" * MAX_HEADER_BYTES + b"\r\nFrom: b@c.example\r\n\r\n"
    assert [field.key for field in split_fields(long, _whole(long))] == ["a", ""]


@pytest.mark.parametrize("key", ["subject", "from", "lf", "x-empty", "absent"])
def test_selecting_by_name_gives_what_splitting_gives(key: str) -> None:
    data = b"before" + HEADER + b"LF: in the body\r\n"
    span = Span(6, 6 + len(HEADER))
    wanted = tuple(field for field in split_fields(data, span) if field.key == key)
    assert select_fields(data, span, key) == wanted
    assert find_field(split_fields(data, span), key) == next(iter(wanted), None)


def test_selecting_takes_the_last_field_of_a_header_without_an_end() -> None:
    data = b"A: b\r\nFrom: x@y.example"
    (field,) = select_fields(data, _whole(data), "from")
    assert (field.span.cut(data), field.read(data)) == (b"From: x@y.example", b"x@y.example")


def _authors(*lines: bytes) -> tuple[Address, ...]:
    data = b"\r\n".join((*lines, b"", b"body"))
    return find_authors(data, scan(data))


def test_reads_the_author() -> None:
    assert _authors(b"From: Alice <ALICE@A.example>") == (Address("ALICE", "a.example"),)


def test_reads_all_authors_of_all_from_fields() -> None:
    assert _authors(b"From: alice@a.example, Bob <bob@b.example>") == (ALICE, BOB)
    assert _authors(b"From: alice@a.example", b"fRoM : bob@b.example") == (ALICE, BOB)


def test_the_number_of_from_fields_is_told() -> None:
    data = b"From: alice@a.example\r\nFrom: alice@a.example\r\n\r\n"
    authors = read_authors(data, scan(data).header)
    assert (authors.addresses, authors.fields) == ((ALICE,), 2)
    assert authors.faults == ("there is more than one From field",)


@pytest.mark.parametrize(
    "lines",
    [
        (b"Subject: no author",),
        (b"From:",),
        (b"From: ;",),
        (b"From: undisclosed:;",),
        (b"From: alice@a.example, nobody",),
        (b"From: alice@a.example, bob@b.example <eve@e.example>",),
        (b"From: alice@a.example", b"From: <>"),
        (b"From: alice@a.example", b"From: nobody"),
        (b"From: : bob@b.example, alice@a.example",),
        (b"From: (bob@b.example), alice@a.example",),
        (b"From: alice@a.example\0",),
        (b"From: alice@a.example\rFrom: bob@b.example",),
        (b"From: G: alice@a.example",),
        (b"From: team: alice@a.example, bob@b.example;",),
        (b"\xef\xbb\xbfFrom: bob@b.example", b"From: alice@a.example"),
        (b"From: alice@a.example", b"From\xa0: bob@b.example"),
        (b"From: alice@a.example", b"\x0bFrom: bob@b.example"),
        (b"From: alice@a.example", b"Fr om: bob@b.example"),
        (b"From: alice@a.example", b"Subject: x\rFrom: bob@b.example"),
        (b"From: alice@a.example", b"Subject: x\0"),
    ],
)
def test_one_author_in_doubt_leaves_none(lines: tuple[bytes, ...]) -> None:
    data = b"\r\n".join((*lines, b"", b""))
    assert find_authors(data, scan(data)) == ()
    assert scan(data).faults


def test_a_line_that_is_no_field_hides_no_author() -> None:
    assert _authors(b"From: alice@a.example", b"garbage", b"From: bob@b.example") == (ALICE, BOB)


@pytest.mark.parametrize(
    "line",
    [
        b"X-From: y",
        b"Resent-From: bob@b.example",
        b">From x: y",
        b"From x Thu Jan  1 10:00:00 2025",
        b"Received from: x",
        b": x",
    ],
)
def test_other_lines_leave_the_author_alone(line: bytes) -> None:
    assert _authors(line, b"From: alice@a.example") == (ALICE,)


def test_a_header_beyond_the_limit_has_no_author() -> None:
    assert _authors(b"From: alice@a.example", b"X: " + b"x" * MAX_HEADER_BYTES, b"From: bob@b.example") == ()


def test_the_body_has_no_authors() -> None:
    assert _authors(b"From: alice@a.example", b"", b"From: bob@b.example") == (ALICE,)


def test_reads_the_sender() -> None:
    def find(*lines: bytes) -> Address | None:
        data = b"\r\n".join((*lines, b"", b""))
        return find_sender(data, scan(data))

    assert find(b"Sender: Bob <bob@b.example>") == BOB
    assert find(b"From: bob@b.example") is None
    assert find(b"Sender: bob@b.example", b"Sender: bob@b.example") is None
    assert find(b"Sender: bob@b.example, alice@a.example") is None
    assert find(b"Sender: nobody") is None


def test_reads_all_senders_or_none() -> None:
    def find(*lines: bytes) -> tuple[Address, ...] | None:
        data = b"\r\n".join((*lines, b"", b""))
        return find_senders(data, scan(data))

    assert find(b"From: bob@b.example") == ()
    assert find(b"Sender: bob@b.example", b"sender : alice@a.example") == (BOB, ALICE)
    assert find(b"Sender: bob@b.example", b"Sender: <alice@a.example> <bob@b.example>") is None
    assert find(b"Sender: us: bob@b.example;") is None
    assert find(b"Sender:") is None


def test_pathological_headers_take_linear_time() -> None:
    begun = time.process_time()
    for line in (b"a: b\r\n", b"From: a@b.example\r\n", b"\n a", b"From:\n ", b"\xa0:\r\n", b"\n\xa0", b"\xa0"):
        data = line * (300_000 // len(line)) + b"\r\n\r\n"
        split_fields(data, _whole(data))
        read_authors(data, _whole(data))
    assert time.process_time() - begun < 30
