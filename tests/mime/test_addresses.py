"""Address lists: the RFC's own examples, obsolete and broken syntax, and when an author is in doubt."""

import time

import pytest

from mssmail.core.address import Address
from mssmail.mime.addresses import MAX_ADDRESSES, Group, Mailbox, list_mailboxes, parse_addresses, read_author


def _parse_one(raw: bytes) -> Mailbox:
    (entry,) = parse_addresses(raw)
    assert isinstance(entry, Mailbox)
    return entry


@pytest.mark.parametrize(
    ("raw", "name", "local", "domain"),
    [
        (b"jdoe@example.org", b"", b"jdoe", b"example.org"),
        (b"<jdoe@example.org>", b"", b"jdoe", b"example.org"),
        (b"John Doe <jdoe@example.org>", b"John Doe", b"jdoe", b"example.org"),
        (b"John  Doe\r\n <jdoe@example.org>", b"John Doe", b"jdoe", b"example.org"),
        (b'"Doe, John" <jdoe@example.org>', b"Doe, John", b"jdoe", b"example.org"),
        (rb'"Giant; \"Big\" Box" <sysservices@example.net>', b'Giant; "Big" Box', b"sysservices", b"example.net"),
        (b'"john doe"@example.org', b"", b"john doe", b"example.org"),
        (b'"a\r\n b" <"c\r\n d"@example.org>', b"a b", b"c d", b"example.org"),
        (b"jdoe@[192.0.2.1]", b"", b"jdoe", b"[192.0.2.1]"),
        (b"jdoe@example.org (John (the) Doe)", b"John (the) Doe", b"jdoe", b"example.org"),
        (b"=?utf-8?Q?Andr=C3=A9?= Pirard <p@x.example>", b"=?utf-8?Q?Andr=C3=A9?= Pirard", b"p", b"x.example"),
        (b"=?utf-8?Q?Doe,_John?= <j@x.example>", b"=?utf-8?Q?Doe,_John?=", b"j", b"x.example"),
        # obsolete: a phrase with dots, blanks round the at sign
        (b"Joe Q. Public <john.q.public@example.com>", b"Joe Q. Public", b"john.q.public", b"example.com"),
        (b"john . q @ example . com", b"", b"john.q", b"example.com"),
        # broken
        (b"root", b"", b"root", b""),
        (b"one two", b"", b"one two", b""),
        (b"<jdoe@example.org", b"", b"jdoe", b"example.org"),
        (b"bob@a.example <alice@b.example>", b"bob@a.example", b"alice", b"b.example"),
    ],
)
def test_reads_a_mailbox(raw: bytes, name: bytes, local: bytes, domain: bytes) -> None:
    mailbox = _parse_one(raw)
    assert (mailbox.name, mailbox.local, mailbox.domain) == (name, local, domain)


def test_reads_a_route() -> None:
    mailbox = _parse_one(b"<@node.example,@relay.example:jdoe@example.org>")
    assert (mailbox.route, mailbox.local, mailbox.domain) == (b"@node.example,@relay.example", b"jdoe", b"example.org")


def test_reads_lists_and_empty_elements() -> None:
    found = list_mailboxes(parse_addresses(b", a@x.example,, <b@x.example>,\r\n c@x.example ,"))
    assert [mailbox.local for mailbox in found] == [b"a", b"b", b"c"]


def test_reads_groups() -> None:
    raw = b"Pete(A nice \\) chap) <pete@silly.test>, A Group:Ed <joe@where.test>,John <jdoe@one.test>; , Undisclosed:;"
    pete, group, empty = parse_addresses(raw)
    assert isinstance(pete, Mailbox)
    assert isinstance(group, Group)
    assert isinstance(empty, Group)
    assert pete.local == b"pete"
    assert (group.name, [member.local for member in group.members]) == (b"A Group", [b"joe", b"jdoe"])
    assert (empty.name, empty.members, empty.doubt) == (b"Undisclosed", (), "")
    assert [mailbox.local for mailbox in list_mailboxes((pete, group, empty))] == [b"pete", b"joe", b"jdoe"]


def test_shows_entries_decoded() -> None:
    assert str(_parse_one(b"=?utf-8?Q?Andr=C3=A9?= <a@x.example>")) == "André <a@x.example>"
    assert str(_parse_one(b"root")) == "root"
    assert str(_parse_one(b'"a\rb" <"c\n\nd"@x.example>')) == "ab <c d@x.example>"
    (group,) = parse_addresses(b"G:, a@x.example,, B <b@x.example>;")
    assert (str(group), group.display) == ("G: a@x.example, B <b@x.example>;", "G")


def test_nothing_is_dropped_unseen() -> None:
    for raw in (b"<>", b": a@x.example", b"(comment only)", b"@", b"\x01", b"a@x.example, <>"):
        assert any(entry.doubt for entry in parse_addresses(raw)), raw


@pytest.mark.parametrize(
    "raw",
    [
        b"alice@a.example",
        b"Alice <alice@a.example>",
        b'"Alice, Dr." <alice@a.example>',
        b"Alice (work) <alice@a.example> (again)",
        b"=?utf-8?B?w4k=?= <alice@a.example>",
        b"Dr. Alice B. <alice@a.example>",
        b'"alice"@a.example',
    ],
)
def test_what_every_reader_reads_alike_is_not_in_doubt(raw: bytes) -> None:
    mailbox = _parse_one(raw)
    assert read_author(mailbox) == (Address("alice", "a.example"), "")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"<alice (comment)@ (comment) a.example>", ""),  # RFC 5322 §3.4.1: dot-atom = [CFWS] dot-atom-text [CFWS]
        (b"<alice@(comment)a.example>", ""),
        (b"alice@(comment)a.example", ""),
        (b"Al <alice@a(comment).example>", "Al"),
        (b"Al <alice@a.example (comment)>", "Al"),
        (b"alice@a.example(Al)", "Al"),
        (b"alice@ (comment) a.example (Al)", "Al"),
    ],
)
def test_a_comment_inside_an_address_takes_nothing_from_it(raw: bytes, name: str) -> None:
    mailbox = _parse_one(raw)
    assert (mailbox.local, mailbox.domain, mailbox.name.decode()) == (b"alice", b"a.example", name)


def test_a_comment_left_open_inside_an_address_is_in_doubt() -> None:
    assert "left open" in _parse_one(b"alice@(open a.example").doubt


@pytest.mark.parametrize(
    "raw",
    [
        b"bob@b.example <alice@a.example>",
        b"alice@a.example <bob@b.example>",
        b"<bob@b.example> <alice@a.example>",
        b"Bob <bob@b.example> alice@a.example",
        b'"Bob <bob@b.example>" <alice@a.example>',
        b"=?utf-8?Q?bob=40b=2Eexample=3E_=3C?= <alice@a.example>",
        b"=?utf-8?Q?x,bob@b.example,?= <alice@a.example>",
        b"=?utf-8?B?Ym9iQGIuZXhhbXBsZQ==?=@a.example",
        b"<@b.example:alice@a.example>",
        b"alice (bob@b.example) @a.example",
        b"<alice(x)@a.example>",
        b"alice@a.example(x).b.example",
        b"alice @ a.example",
        b"a lice@a.example",
        b'"al"ice@a.example',
        b'"alice@a.example',
        b"alice@a.example (open",
        b"<alice@a.example",
        b"alice@a.example bob@b.example",
        b"alice@a.example>",
        b"alice@b.example@a.example",
        b"alice@a.example\\",
        b"Al\x00ice <alice@a.example>",
        b'"Al\x00ice" <alice@a.example>',
        b"alice@[192.0.2.1]",
        b"\xe9@a.example",
        b"alice",
        b"alice@",
        b"@a.example",
        b"<>",
    ],
)
def test_an_author_that_two_readers_may_read_differently_is_in_doubt(raw: bytes) -> None:
    entries = list_mailboxes(parse_addresses(raw))
    assert entries
    assert any(read_author(mailbox)[1] for mailbox in entries)


def test_a_group_that_is_left_open_is_in_doubt() -> None:
    assert [entry.doubt for entry in parse_addresses(b"G: a@x.example")] == ["a group is left open"]
    assert parse_addresses(b"G:; b@x.example")[0].doubt == "something follows a group"


def test_too_many_addresses_end_in_doubt() -> None:
    for raw in (b"a@x.example," * (MAX_ADDRESSES + 5), b"G:" + b"a@x.example," * (MAX_ADDRESSES + 5) + b";"):
        entries = parse_addresses(raw)
        assert len(list_mailboxes(entries)) <= MAX_ADDRESSES + 1
        assert any(entry.doubt for entry in entries)


@pytest.mark.parametrize(
    "raw",
    [
        b"(" * 300_000,
        b'"' + b'\\"' * 50_000,
        b"[" * 300_000,
        b"[" + b"\\[" * 50_000,
        b"<@" * 50_000,
        b"<@a," * 70_000,
        b"<@" + b"a," * 130_000,
        b"=?a?q?" * 50_000,
        b"=?a?q?" + b"," * 300_000,
        b"a:" * 50_000,
        b"\\" * 300_000,
        b"a " * 50_000 + b"@b",
    ],
    ids=range(12),
)
def test_pathological_lists_take_linear_time(raw: bytes) -> None:
    begun = time.process_time()
    for mailbox in list_mailboxes(parse_addresses(raw)):
        read_author(mailbox)
    assert time.process_time() - begun < 10
