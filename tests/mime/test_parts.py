"""The tree of parts: boundaries exactly as RFC 2046 §5.1.1 has them, and input that is anything but mail."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mssmail.mime.parts import MAX_DEPTH, MAX_HEADER_BYTES, MAX_PARTS, Part, scan, walk
from tests.support.shared import find_shared


def _message(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _multipart(body: str, boundary: str = "b", subtype: str = "mixed") -> bytes:
    return _message(f'From: a@b.example\nContent-Type: multipart/{subtype}; boundary="{boundary}"\n\n{body}')


def _shape(part: Part) -> object:
    name = f"{part.type}/{part.subtype}"
    return (name, *(_shape(child) for child in part.children)) if part.children else name


def _bodies(data: bytes) -> list[bytes]:
    return [child.body.cut(data) for child in scan(data).children]


def test_a_plain_message_is_one_leaf() -> None:
    data = _message("From: a@b.example\nSubject: x\n\nbody\nmore\n")
    root = scan(data)
    assert (root.type, root.subtype, root.encoding, root.params) == ("text", "plain", "7bit", ())
    assert root.header.cut(data) == _message("From: a@b.example\nSubject: x\n\n")
    assert root.body.cut(data) == _message("body\nmore\n")
    assert (root.lines, root.faults, root.children) == (2, (), ())


@pytest.mark.parametrize(
    ("data", "header", "body"),
    [
        (b"", b"", b""),
        (b"A: b", b"A: b", b""),
        (b"A: b\r\n", b"A: b\r\n", b""),
        (b"A: b\r\n\r\n", b"A: b\r\n\r\n", b""),
        (b"\r\nbody", b"\r\n", b"body"),
        (b"\nbody", b"\n", b"body"),
        (b"A: b\n\nbody", b"A: b\n\n", b"body"),
        (b"A: b\r\n\nbody", b"A: b\r\n\n", b"body"),
        (b"A: b\r\n \r\nC: d\r\n\r\nbody", b"A: b\r\n \r\nC: d\r\n\r\n", b"body"),
        (b"A: b\r\nno colon\r\n\r\nbody", b"A: b\r\nno colon\r\n\r\n", b"body"),
        (b"A: \0b\r\n\r\n\0", b"A: \0b\r\n\r\n", b"\0"),
        (b"A: b\r\rbody", b"A: b\r\rbody", b""),
    ],
)
def test_header_and_body_meet_at_the_first_blank_line(data: bytes, header: bytes, body: bytes) -> None:
    root = scan(data)
    assert (root.header.cut(data), root.body.cut(data)) == (header, body)


def test_the_line_end_before_a_delimiter_belongs_to_it() -> None:
    # The example of RFC 2046 §5.1.1: the first part does not end in a line end, the second does.
    data = _multipart(
        "This is the preamble.\n\n--b\n\nNot ending with a linebreak.\n"
        "--b\nContent-type: text/plain; charset=us-ascii\n\n"
        "Does end with a linebreak.\n\n--b--\n\nThis is the epilogue.\n"
    )
    assert _bodies(data) == [b"Not ending with a linebreak.", b"Does end with a linebreak.\r\n"]
    first, second = scan(data).children
    assert first.header.cut(data) == b"\r\n"
    assert second.params == (("charset", "us-ascii"),)
    assert (first.lines, second.lines) == (0, 1)


def test_the_body_of_a_multipart_holds_preamble_and_epilogue() -> None:
    data = _multipart("before\n--b\n\none\n--b--\nafter\n--b\nnot a part\n")
    root = scan(data)
    assert root.body.cut(data).startswith(b"before")
    assert root.body.end == len(data)
    assert _bodies(data) == [b"one"]


def test_blanks_may_follow_a_boundary() -> None:
    assert _bodies(_multipart("--b \t \n\none\n--b\t\n\ntwo\n--b-- \t\n")) == [b"one", b"two"]


@pytest.mark.parametrize("line", ["--bx", "--b x", "--b-", "-- b", "--B", " --b", "x--b", "--b--x", "---b"])
def test_only_the_whole_line_is_a_delimiter(line: str) -> None:
    assert _bodies(_multipart(f"--b\n\none\n{line}\ntwo\n--b--\n")) == [f"one\r\n{line}\r\ntwo".encode()]


def test_a_boundary_may_begin_or_end_like_another() -> None:
    inner = "Content-Type: multipart/mixed; boundary=abc\n\n--abc\n\none\n--abc--\n"
    assert _shape(scan(_multipart(f"--ab\n{inner}--ab\n\ntwo\n--ab--\n", "ab"))) == (
        "multipart/mixed",
        ("multipart/mixed", "text/plain"),
        "text/plain",
    )
    inner = "Content-Type: multipart/mixed; boundary=b--\n\n--b--\n\none\n--b----\n"
    root = scan(_multipart(f"--b\n{inner}\n--b--\n"))
    assert _shape(root) == ("multipart/mixed", "multipart/mixed")  # the outer multipart's close delimiter came first


def test_a_boundary_may_end_in_two_dashes() -> None:
    assert _bodies(_multipart("--b--\n\none\n--b--\n\ntwo\n--b----\nrest\n", "b--")) == [b"one", b"two"]


def test_an_outer_delimiter_ends_what_is_open_inside() -> None:
    inner = "Content-Type: multipart/mixed; boundary=in\n\n--in\n\none\n"
    data = _multipart(f"--b\n{inner}--b\n\ntwo\n--in\nstill two\n--b--\n")
    root = scan(data)
    assert _shape(root) == ("multipart/mixed", ("multipart/mixed", "text/plain"), "text/plain")
    assert root.children[0].children[0].body.cut(data) == b"one"
    assert root.children[1].body.cut(data) == b"two\r\n--in\r\nstill two"


def test_equal_boundaries_belong_to_the_outer_multipart() -> None:
    inner = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n"
    root = scan(_multipart(f"--b\n{inner}--b--\n"))
    assert _shape(root) == ("multipart/mixed", "multipart/mixed", "text/plain")
    assert "two nested multiparts have the same boundary" in root.faults


def test_a_boundary_may_come_again_after_its_multipart() -> None:
    inner = "Content-Type: multipart/mixed; boundary=in\n\n--in\n\none\n--in--\n"
    root = scan(_multipart(f"--b\n{inner}--b\n{inner}--b--\n"))
    assert _shape(root) == ("multipart/mixed", ("multipart/mixed", "text/plain"), ("multipart/mixed", "text/plain"))
    assert root.faults == ()


def test_a_missing_close_delimiter_is_a_fault_and_no_loss() -> None:
    data = _multipart("--b\n\none\n--b\n\ntwo\n")
    assert _bodies(data) == [b"one", b"two\r\n"]
    assert scan(data).faults == ("a multipart is not closed",)


@pytest.mark.parametrize("body", ["", "--b--\n", "nothing here\n", "--b--", "--b"])
def test_a_multipart_may_be_empty(body: str) -> None:
    root = scan(_multipart(body))
    assert root.type == "multipart"
    assert [len(child.body) for child in root.children] == ([0] if body == "--b" else [])


def test_parts_may_be_empty() -> None:
    data = _multipart("--b\n--b\n\n--b\nA: b\n--b\nA: b\n\n--b\n\n\n--b--")
    cut = [(child.header.cut(data), child.body.cut(data)) for child in scan(data).children]
    assert cut == [(b"", b""), (b"", b""), (b"A: b", b""), (b"A: b\r\n", b""), (b"\r\n", b"")]


def test_an_empty_part_lies_inside_its_multipart() -> None:
    inner = "Content-Type: multipart/mixed; boundary=in\n\n--in\n"
    outer, last = scan(_multipart(f"--b\n{inner}--b\n\nx\n--b--\n")).children
    assert outer.body.end == outer.children[0].body.end <= last.header.start


def test_a_delimiter_ends_a_header() -> None:
    data = _multipart("--b\nContent-Type: text/html\nSubject: x\n--b\n\ntwo\n--b--\n")
    first, second = scan(data).children
    assert (first.subtype, first.header.cut(data), len(first.body)) == (
        "html",
        _message("Content-Type: text/html\nSubject: x"),
        0,
    )
    assert second.body.cut(data) == b"two"


def test_bare_line_feeds_delimit_too() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n\n--b\r\nA: b\n\ntwo\r\n--b--\n"
    assert _bodies(data) == [b"one\n", b"two"]


def test_parts_of_a_digest_are_messages() -> None:
    data = _multipart(
        "--b\n\nFrom: x@y.example\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n", subtype="digest"
    )
    assert _shape(scan(data)) == ("multipart/digest", ("message/rfc822", "text/plain"), "text/plain")


def test_an_enclosed_message_is_scanned() -> None:
    inner = "From: x@y.example\nContent-Type: multipart/mixed; boundary=in\n\n--in\n\none\n--in--\n"
    data = _multipart(f"--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n")
    root = scan(data)
    assert _shape(root) == ("multipart/mixed", ("message/rfc822", ("multipart/mixed", "text/plain")))
    enclosing = root.children[0]
    assert enclosing.children[0].span == enclosing.body
    assert enclosing.body.cut(data) == _message(inner)
    assert enclosing.lines == 7


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ("Content-Type: message/rfc822", ("message/rfc822", "text/plain")),
        ("Content-Type: message/global\nContent-Transfer-Encoding: 8bit", ("message/global", "text/plain")),
        ("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", "message/rfc822"),
        ("Content-Type: message/rfc822\nContent-Transfer-Encoding: Quoted-Printable", "message/rfc822"),
        ("Content-Type: message/delivery-status", "message/delivery-status"),
        ("Content-Type: message/partial; id=1; number=1", "message/partial"),
        ("Content-Type: multipart/mixed", "multipart/mixed"),
    ],
)
def test_only_messages_that_can_be_read_in_place_are_entered(header: str, shape: object) -> None:
    assert _shape(scan(_message(f"{header}\n\nSubject: x\n\nbody\n"))) == shape


def _nest(depth: int, kind: str) -> bytes:
    if kind == "message":
        return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: x\r\n\r\nbody\r\n"
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(depth))
    return opened + b"\r\nbody" + b"".join(b"\r\n--%d--" % n for n in reversed(range(depth)))


@pytest.mark.parametrize("kind", ["message", "multipart"])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, 1_000, 20_000])
def test_deep_nesting_ends_in_a_leaf(kind: str, depth: int) -> None:
    root = scan(_nest(depth, kind))
    deepest = max(_depths(root))
    assert deepest == min(depth + 1, MAX_DEPTH)
    assert (f"parts are nested more than {MAX_DEPTH} deep" in root.faults) == (depth >= MAX_DEPTH)


def _depths(part: Part, depth: int = 1) -> Iterator[int]:
    yield depth
    for child in part.children:
        yield from _depths(child, depth + 1)


def test_a_multipart_just_deep_enough_keeps_its_leaves() -> None:
    leaf = list(walk(scan(_nest(MAX_DEPTH - 1, "multipart"))))[-1]
    assert leaf.body.cut(_nest(MAX_DEPTH - 1, "multipart")) == b"body"


def test_parts_beyond_the_limit_stay_in_the_last_one() -> None:
    data = _multipart("--b\n\nx\n" * (MAX_PARTS + 5) + "--b--\n")
    root = scan(data)
    assert len(list(walk(root))) == MAX_PARTS
    assert f"there are more than {MAX_PARTS} parts" in root.faults
    assert root.children[-1].body.end == len(data)
    digest = scan(_multipart("--b\n\nA: b\n\nx\n" * MAX_PARTS, subtype="digest"))
    assert len(list(walk(digest))) <= MAX_PARTS + 1


def test_ten_thousand_parts_are_not_too_many() -> None:
    root = scan(_multipart("--b\n\nx\n" * (MAX_PARTS - 1) + "--b--\n"))
    assert len(root.children) == MAX_PARTS - 1
    assert root.faults == ()


def test_a_header_beyond_the_limit_makes_a_leaf() -> None:
    data = b"Content-Type: message/rfc822\r\nX: " + b"x" * MAX_HEADER_BYTES + b"\r\n\r\nSubject: y\r\n\r\nbody"
    root = scan(data)
    assert _shape(root) == "text/plain"
    assert root.body.cut(data) == b"Subject: y\r\n\r\nbody"
    assert f"a header is longer than {MAX_HEADER_BYTES} bytes" in root.faults


def test_faults_of_the_content_fields_reach_the_root() -> None:
    data = _multipart("--b\nContent-Type: text/html\nContent-Type: text/plain\n\n--b--\n")
    assert scan(data).faults == ("there is more than one Content-Type field",)
    assert scan(_message("From: a@b.example\nContent-Type: multipart/mixed\n\n")).faults == (
        "a multipart has no boundary",
    )
    odd = scan(
        _message("From: a@b.example\nContent-Type: multipart/x; boundary=b\nContent-Transfer-Encoding: base64\n\n--b--")
    )
    assert odd.faults == ("a multipart claims to be encoded in base64",)


_HOSTILE = {
    "false delimiters in nested multiparts": _nest(MAX_DEPTH - 2, "multipart").replace(b"body", b"--x\r\n" * 400_000),
    "no line end": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"\n--" + b"b" * 3_000_000,
    "long lines that begin like delimiters": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + (b"\n--" + b"b" * 2_000) * 1_500,
    "parts without an end of header": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nA: b\r\n" * 200_000,
    "a header of continuations": b"A: b\r\n" + b" c\r\n" * 700_000,
    "blank lines": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"\r\n" * 1_500_000,
    "messages in messages in a digest": b"Content-Type: multipart/digest; boundary=b\r\n\r\n"
    + b"--b\r\n\r\n\r\n" * 200_000,
}


@pytest.mark.parametrize("data", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_hostile_input_takes_linear_time(data: bytes) -> None:
    begun = time.process_time()
    scan(data)
    assert time.process_time() - begun < 5


def _check_spans(part: Part, data: bytes) -> None:
    for node in walk(part):
        assert node.header.end == node.body.start
        assert node.lines == node.body.cut(data).count(b"\n")
        at = node.body.start
        for child in node.children:
            assert at <= child.header.start
            at = child.body.end
        assert at <= node.body.end
        if node.is_message:
            assert node.children[0].span == node.body


def _samples() -> list[Path]:
    folder = find_shared("data", "mail")
    return [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder else []


@pytest.mark.skipif(not _samples(), reason="shared sample data is not here")
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_every_sample_is_covered_by_spans_that_nest(line_end: bytes) -> None:
    for path in _samples():
        data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end)
        root = scan(data)
        assert root.span.cut(data) == data, path
        _check_spans(root, data)
