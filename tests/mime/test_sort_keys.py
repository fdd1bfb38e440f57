"""What SORT and THREAD compare."""

from datetime import UTC, datetime

import pytest

from mssmail.core.listing import SortKeys
from mssmail.mime.envelope import read_envelope
from mssmail.mime.parts import scan
from mssmail.mime.sort_keys import MAX_REFERENCES, build_sort_keys, find_message_ids, find_moment, fold_case


def _build(header: bytes, references: bytes = b"") -> SortKeys:
    fields = read_envelope(header, scan(header + b"\r\n\r\n"))
    return build_sort_keys(fields.texts, fields.lists, references)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (b"Sat, 21 Nov 2026 13:00:05 +0100", datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)),
        (b"21 Nov 2026 12:00 GMT", datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
        (b"21 Nov 2026 12:00 -0330", datetime(2026, 11, 21, 15, 30, tzinfo=UTC)),
        (b"21 Nov 26 12:00 EST", datetime(2026, 11, 21, 17, 0, tzinfo=UTC)),
        (b"21 Nov 99 12:00 Q", datetime(1999, 11, 21, 12, 0, tzinfo=UTC)),
        (b"21 Nov 126 12:00", datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
        (b"21 Nov 2026", datetime(2026, 11, 21, tzinfo=UTC)),  # RFC 5256 §2.2: no time is midnight
        (b"21 Nov 2026 25:00", datetime(2026, 11, 21, tzinfo=UTC)),
        (b"21 Nov 2026 23:59:60", datetime(2026, 11, 22, tzinfo=UTC)),
        (b"(a comment) 21 Nov 2026", datetime(2026, 11, 21, tzinfo=UTC)),
        (b"31 Feb 2026", None),
        (b"21 Nov 0000", None),
        (b"1 Jan 0001 00:00 +2300", None),
        (b"21 Foo 2026", None),
        (b"tomorrow", None),
        (b"", None),
    ],
)
def test_reads_the_moment_a_message_was_sent(date: bytes, expected: datetime | None) -> None:
    assert find_moment(date) == expected


@pytest.mark.parametrize(
    ("text", "folded"),
    [("aB_z", "AB_Z"), ("é", "E\u0301"), ("ß", "ß"), ("ǆ", "D" + "z\u030c"), ("a\0b", "AB"), ("\ud800", "?")],
)
def test_folds_case_to_title_case_and_decomposes(text: str, folded: str) -> None:
    assert fold_case(text) == folded


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (b"<1@a.test>", ["1@a.test"]),
        (b'<"1 x"@a.test> (c) <2@a.test>', ["1 x@a.test", "2@a.test"]),
        (b'<"01KF"@xxx.yyy.com>', ["01KF@xxx.yyy.com"]),  # RFC 5256 §3: the same as without quotes
        (b'<"a\\"b"@c>', ['a"b@c']),
        (b"<1@a>\r\n <2@a>", ["1@a", "2@a"]),
        (b"Your letter of Monday <none> <@a> <a@>", []),
        (b"<a b@c> <a@b c>", []),
        (b"<\r\n\t1@a\r\n > < 2 @\r\n a >", ["1@a", "2@a"]),  # programs fold a long id between its brackets
        (b'<"a\nb"@c>', ["ab@c"]),
    ],
)
def test_reads_message_ids(raw: bytes, ids: list[str]) -> None:
    assert find_message_ids(raw) == ids


def test_takes_the_first_address_of_each_list() -> None:
    keys = _build(
        b"From: =?utf-8?q?Ren=C3=A9?= <rene@a.test>, x@b.test\r\nTo: , Marie@b.test, z@c.test\r\n"
        b"Cc: team: ann@a.test, bob@a.test;\r\nSubject: Re: [x] bilan\r\n"
        b"Message-ID: <1@a> <2@a>\r\nIn-Reply-To: <8@a> <9@a>"
    )
    assert (keys.sender, keys.to, keys.cc) == ("RENE", "MARIE", "TEAM")
    assert (keys.display_from, keys.display_to) == ("RENE\u0301", "MARIE@B.TEST")
    assert (keys.base_subject, keys.is_reply) == ("BILAN", True)
    assert (keys.message_ref, keys.references) == ("1@a", ("8@a",))


def test_of_very_many_references_the_first_and_the_nearest_count() -> None:
    many = b" ".join(b"<%d@a>" % number for number in range(MAX_REFERENCES + 2))
    kept = _build(b"", many).references
    assert len(kept) == MAX_REFERENCES
    assert (kept[0], kept[1], kept[-1]) == ("0@a", "3@a", f"{MAX_REFERENCES + 1}@a")


def test_references_win_over_in_reply_to() -> None:
    assert _build(b"In-Reply-To: <9@a>", b"<1@a> <2@a>").references == ("1@a", "2@a")
    assert _build(b"In-Reply-To: <9@a>", b"nothing").references == ("9@a",)


def test_what_is_absent_is_empty() -> None:
    assert _build(b"X: y") == SortKeys()
    assert _build(b"To: undisclosed:;").display_to == "UNDISCLOSED"
    assert _build(b"From: someone").display_from == "SOMEONE"
