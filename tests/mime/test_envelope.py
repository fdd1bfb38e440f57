"""ENVELOPE by the rules of RFC 9051 §7.5.2."""

from typing import Any

import pytest

from mssmail.mime.envelope import encode_envelope
from mssmail.mime.parts import scan
from tests.mime.imap_syntax import check_envelope, read_tree

NAMES = ("date", "subject", "from", "sender", "reply_to", "to", "cc", "bcc", "in_reply_to", "message_id")


def _envelope(*lines: bytes) -> dict[str, Any]:
    data = b"\r\n".join((*lines, b"", b"body"))
    tree = read_tree(encode_envelope(data, scan(data)))
    check_envelope(tree)
    return dict(zip(NAMES, tree, strict=True))


def test_the_example_of_the_rfc() -> None:
    # RFC 9051 §8 (the header is of RFC 3501 §8)
    data = (
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
        b"From: Terry Gray <gray@cac.washington.edu>\r\n"
        b"Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
        b"To: imap@cac.washington.edu\r\n"
        b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
        b"Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n"
    )
    assert encode_envelope(data, scan(data)) == (
        b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes"'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' (("Terry Gray" NIL "gray" "cac.washington.edu"))'
        b' ((NIL NIL "imap" "cac.washington.edu"))'
        b' ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU"))'
        b' NIL NIL "<B27397-0100000@cac.washington.edu>")'
    )


def test_absent_is_nil_and_empty_is_the_empty_string() -> None:
    assert set(_envelope(b"X: y").values()) == {None}
    empty = _envelope(b"Date:", b"Subject: ", b"In-Reply-To:", b"Message-ID: \r\n ", b"From:", b"To:", b"Cc: ", b"Bcc:")
    assert [empty[name] for name in ("date", "subject", "in_reply_to", "message_id")] == [b""] * 4
    assert [empty[name] for name in ("from", "sender", "reply_to", "to", "cc", "bcc")] == [None] * 6


@pytest.mark.parametrize("line", [b"Sender:", b"Reply-To: ", b"X: y", b"Sender: <>"])
def test_sender_and_reply_to_default_to_from(line: bytes) -> None:
    envelope = _envelope(b"From: a@b.example", line)
    assert envelope["sender"] == envelope["reply_to"] == [[None, None, b"a", b"b.example"]]


def test_sender_and_reply_to_of_their_own_are_kept() -> None:
    envelope = _envelope(b"From: a@b.example", b"Sender: s@b.example", b"Reply-To: r@b.example")
    assert [envelope[name][0][2] for name in ("from", "sender", "reply_to")] == [b"a", b"s", b"r"]


def test_groups_are_bracketed_by_nils() -> None:
    assert _envelope(b"To: A Group:Ed <joe@where.test>, jdoe@one.test;, x@y.test")["to"] == [
        [None, None, b"A Group", None],
        [b"Ed", None, b"joe", b"where.test"],
        [None, None, b"jdoe", b"one.test"],
        [None, None, None, None],
        [None, None, b"x", b"y.test"],
    ]
    assert _envelope(b"To: undisclosed-recipients:;")["to"] == [
        [None, None, b"undisclosed-recipients", None],
        [None, None, None, None],
    ]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"root", [[None, None, b"root", b""]]),
        (b"<@a.test,@b.test:c@d.test>", [[None, b"@a.test,@b.test", b"c", b"d.test"]]),
        (b'"a \\"b\\"" <"c d"@e.test>', [[b'a "b"', None, b"c d", b"e.test"]]),
        (b"c@d.test (Mr. C)", [[b"Mr. C", None, b"c", b"d.test"]]),
        (b"=?utf-8?Q?=C3=A9?= <c@d.test>", [[b"=?utf-8?Q?=C3=A9?=", None, b"c", b"d.test"]]),
        ("é <c@d.test>".encode(), [["é".encode(), None, b"c", b"d.test"]]),
        (b"<>", None),
        (b";", None),
        (b"\0\1", None),
    ],
)
def test_encodes_addresses(value: bytes, addresses: object) -> None:
    assert _envelope(b"To: " + value)["to"] == addresses


def test_values_stand_as_written_but_for_folds() -> None:
    envelope = _envelope(
        b"Subject: =?utf-8?Q?=C3=A9?=\r\n\tand  more", b"Date: yesterday, about noon", b"Message-ID: a b"
    )
    assert envelope["subject"] == b"=?utf-8?Q?=C3=A9?=\tand  more"
    assert (envelope["date"], envelope["message_id"]) == (b"yesterday, about noon", b"a b")


def test_of_texts_the_first_counts_and_address_fields_are_joined() -> None:
    envelope = _envelope(b"Subject: 1", b"Subject: 2", b"From: a@b.test", b"From: c@d.test", b"To: e@f.test", b"To:")
    assert envelope["subject"] == b"1"
    assert [address[2] for address in envelope["from"]] == [b"a", b"c"]
    assert [address[2] for address in envelope["to"]] == [b"e"]
