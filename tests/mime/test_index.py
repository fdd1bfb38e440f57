"""The index of a message: texts for SEARCH, and our own verdicts when somebody else wrote them."""

import pytest

from mssmail.mime.headers import MAX_HEADER_BYTES
from mssmail.mime.index import MAX_STRUCTURE_BYTES, build_index, find_cuts, find_date
from mssmail.mime.part_table import decode_parts
from mssmail.mime.parts import scan
from tests.mime.imap_syntax import check_body, read_tree

OURS = "mx.operator.test"


def _cut(*lines: bytes, authserv_id: str = OURS) -> bytes:
    """The header without its cuts."""
    data = b"\r\n".join((*lines, b"", b""))
    cuts = find_cuts(data, scan(data).header, authserv_id)
    for cut in reversed(cuts):
        data = data[: cut.start] + data[cut.end :]
    return data


def test_indexes_a_message() -> None:
    data = (
        b"Date: Thu, 2 Jan 2025 23:59:00 -0500\r\nFrom: =?utf-8?Q?Andr=C3=A9?= <a@b.test>\r\n"
        b"To: c@d.test,\r\n e@f.test\r\n"
        b"Cc: G: g@h.test;\r\nSubject: =?utf-8?Q?=C3=A9t=C3=A9?=\r\n 2025\r\nMessage-ID: <1@b.test>\r\n\r\nbody"
    )
    root = scan(data)
    index = build_index(data, root, OURS)
    assert (index.subject, index.message_id, index.sent_on) == ("été 2025", "<1@b.test>", "2025-01-02")
    assert (index.sender, index.to, index.cc, index.bcc) == (
        "André <a@b.test>",
        "c@d.test, e@f.test",
        "G: g@h.test;",
        "",
    )
    assert index.header == root.header
    assert index.cuts == ()
    assert index.body.startswith(b'("text" "plain"')
    assert index.bodystructure.endswith(b"4 0 NIL NIL NIL NIL)")
    assert b'"a" "b.test"' in index.envelope
    assert decode_parts(index.parts).find((1,)) is not None


def test_an_empty_message_has_an_index() -> None:
    index = build_index(b"", scan(b""), OURS)
    assert (index.subject, index.sender, index.message_id, index.sent_on) == ("", "", "", "")


@pytest.mark.parametrize(
    "value",
    [
        b"mx.operator.test; smime=pass",
        b"MX.Operator.TEST;\r\n smime=pass",
        b'"mx.operator.test"; smime=pass',
        b'"mx.\\operator.test" 1; smime=pass',
        b"(hi (there)) mx.operator.test (x) 1; smime=pass",
        b"mx.operator.test(x); smime=pass",
        b"\r\n\tmx.operator.test 1; none",
        b"mx.operator.test",
        b"mx.operator.test/1; smime=pass",
        b"mx.operator.test.; smime=pass",
    ],
)
@pytest.mark.parametrize(
    "name", [b"Authentication-Results:", b"authentication-results :", b"AUTHENTICATION-RESULTS\t:"]
)
def test_a_field_that_claims_to_be_ours_is_cut(name: bytes, value: bytes) -> None:
    assert _cut(b"From: a@b.test", name + b" " + value, b"To: c@d.test") == b"From: a@b.test\r\nTo: c@d.test\r\n\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"Authentication-Results: mx.peer.test; smime=pass",
        b"Authentication-Results: mx.operator.test.peer.test; smime=pass",
        b"Authentication-Results: x.mx.operator.test; smime=pass",
        b"Authentication-Results: peer.test (mx.operator.test); smime=pass",
        b"Authentication-Results:",
        b"X-Authentication-Results: mx.operator.test; smime=pass",
        b"Subject: x\r\n Authentication-Results: mx.operator.test; smime=pass",
    ],
)
def test_other_fields_stay(line: bytes) -> None:
    assert _cut(line) == line + b"\r\n\r\n"


def test_an_international_name_is_one_name_in_both_forms() -> None:
    assert _cut("Authentication-Results: h\u00f4pital.test; x".encode(), authserv_id="xn--hpital-ixa.test") == b"\r\n"
    assert _cut(b"Authentication-Results: not a/name", authserv_id="not") == b"\r\n"


def test_a_structure_beyond_all_use_is_shown_as_one_leaf() -> None:
    part = b"--b\r\nContent-Description: " + b"x" * 100_000 + b"\r\n\r\nbody\r\n"
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * (MAX_STRUCTURE_BYTES // 100_000 + 1)
    index = build_index(data, scan(data), OURS)
    check_body(read_tree(index.bodystructure), extended=True)
    check_body(read_tree(index.body), extended=False)
    assert len(index.bodystructure) < 200
    table = decode_parts(index.parts)
    assert table.find_span((1,), "") == table.find_span((), "TEXT")
    assert table.find((2,)) is None


def test_neighbouring_cuts_are_one() -> None:
    line = b"Authentication-Results: mx.operator.test; none\r\n"
    data = b"A: b\r\n" + line * 3 + b"C: d\r\n" + line + b"\r\n" + line
    assert [len(cut) for cut in find_cuts(data, scan(data).header, OURS)] == [3 * len(line), len(line)]


def test_a_long_header_hides_no_forged_verdict() -> None:
    long = b"X: " + b"x" * MAX_HEADER_BYTES
    assert _cut(long, b"Authentication-Results: mx.operator.test; smime=pass") == long + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        (b"Thu, 2 Jan 2025 23:59:00 -0500", "2025-01-02"),
        (b"2 January 2025", "2025-01-02"),
        (b"Thu , (comment) 02 JAN 2025", "2025-01-02"),
        (b"2-Jan-2025 00:00", "2025-01-02"),
        (b"2 Jan 25 00:00", "2025-01-02"),
        (b"2 Jan 97 00:00", "1997-01-02"),
        (b"2 Jan 101 00:00", "2001-01-02"),
        (b"31 Feb 2025", ""),
        (b"2 Foo 2025", ""),
        (b"2025-01-02", ""),
        (b"2 Jan 20255", ""),
        (b"", ""),
    ],
)
def test_finds_the_date_as_its_writer_states_it(raw: bytes, day: str) -> None:
    assert find_date(raw) == day
