"""Whatever the bytes: spans cover the message and nest, IMAP data is valid, and sections come out of the same bytes."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mssmail.core.message import Span
from mssmail.mime.addresses import list_mailboxes, parse_addresses
from mssmail.mime.content import PLAIN_TEXT, parse_content
from mssmail.mime.headers import find_authors, find_sender, select_fields, split_fields
from mssmail.mime.index import build_index
from mssmail.mime.part_table import PartKind, PartPath, PartTable, decode_parts, encode_parts
from mssmail.mime.parts import MAX_DEPTH, Part, scan, walk
from mssmail.mime.text import decode_body, extract_text
from mssmail.mime.words import decode_words
from tests.mime.imap_syntax import check_body, check_envelope, read_tree
from tests.support.budget import examples

# Pieces of which mail is made, so that random sequences are often nearly mail.
_PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b"--", b"--a", b"--b", b"--a--", b"--b--", b"\r\n--a\r\n",
    b"\r\n--b\r\n", b"\r\n--a--\r\n", b"Content-Type: multipart/mixed; boundary=a\r\n", b"Content-Type: text/plain\r\n",
    b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: multipart/signed; boundary=\"a\"\r\n\r\n--a\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%C3%A9\r\n", b"Content-Language: fr, en\r\n", b"Subject: ",
    b"From: ", b"To: ", b"Sender: ", b"Date: ", b"a@b.test", b"<", b">", b"@", b",", b";", b":", b"(", b")", b'"',
    b"\\", b"[", b"]", b"=?utf-8?Q?=C3=A9?=", b"=?", b"?=", b"=", b"'", b"*0*=", b"; name=", b"%41", b"\xe9",
    "é".encode(), b"x",
]  # fmt: skip
_BLOCKS = [
    b"", b" ", b"--a", b"--b", b"--a--", b"--b--", b"text", b"Content-Type: text/html",
    b"Content-Transfer-Encoding: base64", b"Content-Type: multipart/mixed; boundary=a\r\n",
    b"--a\r\nContent-Type: multipart/digest; boundary=b\r\n",
    b"--a\r\nContent-Type: message/rfc822\r\n", b"From: a@b.test", b"Subject: x",
]  # fmt: skip
_pieces = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=5), max_size=60).map(b"".join)
_lines = st.lists(st.sampled_from(_BLOCKS), max_size=30).map(lambda made: b"\r\n".join((_BLOCKS[9], *made)))
_mail = _pieces | _lines


@examples(400)
@given(_mail)
def test_spans_cover_the_message_and_nest(data: bytes) -> None:
    root = scan(data)
    assert root.span == Span(0, len(data))
    for part in walk(root):
        assert part.header.end == part.body.start
        assert part.lines == part.body.cut(data).count(b"\n")
        at = part.body.start
        for child in part.children:
            assert at <= child.header.start
            at = child.body.end
        assert at <= part.body.end
        assert not (part.type == "message" and part.children and part.children[0].span != part.body)


@examples(400)
@given(_mail)
def test_what_imap_is_told_is_valid_imap(data: bytes) -> None:
    index = build_index(data, scan(data), "mx.test")
    check_envelope(read_tree(index.envelope))
    check_body(read_tree(index.body), extended=False)
    check_body(read_tree(index.bodystructure), extended=True)
    for text in (index.subject, index.sender, index.to, index.cc, index.bcc, index.message_id, index.sent_on):
        assert "\0" not in text
        assert "\n" not in text
        text.encode()


@examples(300)
@given(_mail)
def test_structure_and_part_table_number_the_same_parts(data: bytes) -> None:
    root = scan(data)
    table = decode_parts(encode_parts(root))
    tree = read_tree(build_index(data, root, "mx.test").bodystructure)
    _compare_structure(data, table, tree, ())


def _compare_structure(data: bytes, table: PartTable, tree: Any, path: PartPath) -> None:
    """Octets and lines of BODYSTRUCTURE are those of the bytes that BODY[path] gives."""
    if isinstance(tree[0], list):
        number = 0
        while isinstance(tree[number], list):
            _compare_structure(data, table, tree[number], (*path, number + 1))
            number += 1
        assert table.find((*path, number + 1)) is None
        return
    path = path or (1,)
    entry = table.find(path)
    assert entry is not None
    body = entry.body.cut(data)
    assert tree[6] == len(body)
    if entry.kind is PartKind.MESSAGE:
        assert entry.message is not None
        assert tree[9] == body.count(b"\n")
        assert table.find_span(path, "HEADER") == entry.message.header
        inner = tree[8]
        _compare_structure(data, table, inner, path if isinstance(inner[0], list) else (*path, 1))
    elif tree[0] == b"text":
        assert tree[7] == body.count(b"\n")


@examples(300)
@given(_mail)
def test_nothing_raises_and_texts_can_be_kept(data: bytes) -> None:
    root = scan(data)
    for text in extract_text(data, root):
        assert "\0" not in text
        text.encode()
    for mailbox in list_mailboxes(parse_addresses(data)):
        str(mailbox).encode()
    parse_content(data, PLAIN_TEXT)
    decode_words(data).encode()
    find_sender(data, root)
    for address in find_authors(data, root):
        assert address.key.encode("ascii") in data.lower().replace(b"\\", b"") or not root.header.cut(data).isascii()


@examples(300)
@given(_mail)
def test_fields_cover_the_header(data: bytes) -> None:
    header = scan(data).header
    fields = split_fields(data, header)
    at = header.start
    for field in fields:
        assert field.span.start == at
        assert field.span.start <= field.value.start <= field.value.end <= field.span.end
        at = field.span.end
    assert data[at : header.end] in (b"", b"\r\n", b"\n")
    for key in ("from", "subject", "content-type"):
        assert select_fields(data, header, key) == tuple(field for field in fields if field.key == key)


_names = st.sampled_from(["", "Alice", "Alice Martin", '"Martin, A."', "=?utf-8?Q?=C3=A9?= M", '"a <b@c.test>"', '" "'])
_specs = st.from_regex(r"[a-z_.+-]{1,8}@[a-z.-]{1,8}", fullmatch=True)


@examples(200)
@given(_names, _specs, st.sampled_from(["", " ", "\t", "  "]))
def test_the_quick_reading_of_usual_addresses_is_the_parsers(name: str, spec: str, blank: str) -> None:
    raw = f"{blank}{name}{blank}<{spec}>{blank}" if name else f"{blank}{spec}{blank}"
    # The comma leads round the quick reading, and adds an empty element.
    assert parse_addresses(raw.encode()) == parse_addresses(raw.encode() + b",")


# Well-formed mail, made by the library that we then compare with.
_words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=40)
_bodies = st.lists(_words, max_size=6).map(lambda lines: "\n".join((*lines, "")))
_numbers = count()


@st.composite
def _messages(draw: st.DrawFn, depth: int = 0) -> EmailMessage:
    message = EmailMessage()
    if draw(st.booleans()):
        message["Subject"] = " ".join(draw(_words).split())
    message.set_content(draw(_bodies), cte=draw(st.sampled_from(["base64", "quoted-printable"])))
    for _ in range(draw(st.integers(0, 3 if depth < 2 else 0))):
        if draw(st.booleans()):
            message.add_attachment(draw(_messages(depth + 1)))
        else:
            name = draw(st.sampled_from(["a.bin", "é à.bin", "x" * 200, 'q"uo\\te']))
            message.add_attachment(draw(st.binary(max_size=90)), maintype="application", subtype="x", filename=name)
    if message.is_multipart():
        message.set_boundary(f"b{next(_numbers)}")
    return message


@examples(150)
@given(_messages())
def test_well_formed_mail_is_read_as_the_standard_library_reads_it(message: EmailMessage) -> None:
    data = message.as_bytes().replace(b"\n", b"\r\n")
    _compare(data, scan(data), message_from_bytes(data))


def _compare(data: bytes, part: Part, message: Message) -> None:
    assert f"{part.type}/{part.subtype}" == message.get_content_type()
    assert part.encoding == str(message.get("Content-Transfer-Encoding", "7bit"))
    assert (part.file_name or "") == (message.get_filename() or "")
    children = message.get_payload() if message.is_multipart() else []
    assert isinstance(children, list)
    assert len(part.children) == len(children)
    if not children:
        decoded = message.get_payload(decode=True)
        assert decode_body(part.body.cut(data), part.encoding) == decoded
    for child, other in zip(part.children, children, strict=True):
        assert isinstance(other, Message)
        _compare(data, child, other)


@examples(50)
@given(st.integers(0, 200), st.lists(st.sampled_from(["mixed", "rfc822"]), min_size=1))
def test_depth_is_bounded(depth: int, kinds: list[str]) -> None:
    data = b""
    for level in range(depth):
        if kinds[level % len(kinds)] == "mixed":
            data = b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n%b\r\n--%d--" % (
                level,
                level,
                data,
                level,
            )
        else:
            data = b"Content-Type: message/rfc822\r\n\r\n" + data
    root = scan(data)
    assert _depth(root) <= MAX_DEPTH
    check_body(read_tree(build_index(data, root, "mx.test").bodystructure), extended=True)


def _depth(part: Part) -> int:
    return 1 + max(map(_depth, part.children), default=0)
