"""Content-* fields: RFC 2045, 2183, 2231, and what senders make of them."""

import time

import pytest

from mssmail.mime.content import DIGEST_ENTRY, MAX_PARAMS, PLAIN_TEXT, Content, parse_content


def _parse(*lines: str) -> Content:
    return parse_content("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1"), PLAIN_TEXT)


def test_without_fields_the_default_holds() -> None:
    assert parse_content(b"Subject: x\r\n\r\n", DIGEST_ENTRY) is DIGEST_ENTRY
    assert _parse("Content-Disposition: inline").type == "text"


@pytest.mark.parametrize(
    ("value", "kind", "params"),
    [
        ("TEXT/Plain; Charset=UTF-8", "text/plain", (("charset", "UTF-8"),)),
        ("text/plain; charset=us-ascii (Plain text)", "text/plain", (("charset", "us-ascii"),)),
        ('text/plain; charset="us-ascii"', "text/plain", (("charset", "us-ascii"),)),
        ("text (a) / (b) plain", "text/plain", ()),
        ("text/plain;", "text/plain", ()),
        ("text/plain;;; a = b", "text/plain", (("a", "b"),)),
        ("text/plain; a=b c=d", "text/plain", (("a", "b"), ("c", "d"))),
        ("text/plain; name=my long name.pdf; x=y", "text/plain", (("name", "my long name.pdf"), ("x", "y"))),
        (r'text/plain; name="a\"b;c"', "text/plain", (("name", 'a"b;c'),)),
        ('text/plain; name="open; x=y', "text/plain", (("name", "open; x=y"),)),
        ("text/plain; novalue; a=b", "text/plain", (("a", "b"),)),
        ("text/plain; a=1; A=2", "text/plain", (("a", "1"),)),
        ("text/plain\r\n ;\r\n\tname=x", "text/plain", (("name", "x"),)),
        ('text/plain; name="=?utf-8?Q?=C3=A9?="', "text/plain", (("name", "é"),)),
        ("text/plain; name=\xe9.txt", "text/plain", (("name", "é.txt"),)),
        ("text", "text/plain", ()),
        ("multipart; boundary=x", "multipart/mixed", (("boundary", "x"),)),
        ("", "text/plain", ()),
        ("/plain", "text/plain", ()),
        ("image", "text/plain", ()),
    ],
)
def test_reads_content_type(value: str, kind: str, params: tuple[tuple[str, str], ...]) -> None:
    content = _parse(f"Content-Type: {value}")
    assert (f"{content.type}/{content.subtype}", content.params) == (kind, params)


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        # RFC 2231 §3, §4, §4.1
        ('x/y; URL*0="ftp://"; URL*1="cs.utk.edu/pub"', "url", "ftp://cs.utk.edu/pub"),
        ("x/y; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title", "This is ***fun***"),
        (
            "x/y; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
            ' title*2="isn\'t it!"',
            "title",
            "This is even more ***fun*** isn't it!",
        ),
        ("x/y; f*1=b; f*0=a", "f", "ab"),
        ("x/y; f=plain; f*=utf-8''%C3%A9", "f", "é"),
        ("x/y; f*=utf-8''%C3%A9; f=plain", "f", "é"),
        ("x/y; f*0*=utf-8''%C3; f*1*=%A9", "f", "é"),
        ("x/y; f*=no-quotes%20here", "f", "no-quotes here"),
        ("x/y; f*=x-nobody''%E9", "f", "é"),
        ("x/y; f*2=c; f*0=a", "f", "ac"),
        ("x/y; f*x=a", "f*x", "a"),
    ],
)
def test_joins_and_decodes_extended_parameters(value: str, name: str, text: str) -> None:
    assert dict(_parse(f"Content-Type: {value}").params)[name] == text


@pytest.mark.parametrize(
    ("params", "boundary"),
    [
        ("boundary=abc", b"abc"),
        ('boundary="a b  "', b"a b"),
        ("boundary=\xe9", b"\xe9"),
        ("boundary*=us-ascii''a%20b", b"a b"),
        ("boundary*0=a; boundary*1=b", b"ab"),
        ("charset=x", b""),
        ('boundary=""', b""),
        ("boundary=----=_Part(1)", b"----=_Part(1)"),
    ],
)
def test_finds_the_boundary_as_it_stands_in_the_body(params: str, boundary: bytes) -> None:
    assert _parse(f"Content-Type: multipart/mixed; {params}").boundary == boundary


def test_reads_the_other_fields() -> None:
    content = _parse(
        "Content-Transfer-Encoding: (odd) Base64",
        "Content-Disposition: Attachment; filename=a.txt; size=12",
        "Content-ID: <1@x>",
        "Content-Description: =?utf-8?Q?=C3=A9?=",
        "Content-Language: fr, en-GB (well)",
        "Content-Location: http://example.test/\r\n a",
        "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    )
    assert content.encoding == "base64"
    assert (content.disposition, content.disposition_params) == ("attachment", (("filename", "a.txt"), ("size", "12")))
    assert (content.content_id, content.description) == ("<1@x>", "=?utf-8?Q?=C3=A9?=")
    assert content.language == ("fr", "en-GB")
    assert (content.location, content.md5) == ("http://example.test/a", "Q2hlY2sgSW50ZWdyaXR5IQ==")


def test_of_a_field_that_is_there_twice_the_first_counts_and_a_fault_tells() -> None:
    content = _parse("Content-Type: text/html", "Content-type : text/plain")
    assert (content.subtype, content.faults) == ("html", ("there is more than one Content-Type field",))


def test_fields_that_mean_nothing_to_us_are_passed_over() -> None:
    assert _parse("Content-Length: 5", "Content-Length: 6", "Content-Type: text/html").faults == ()


def test_parameters_beyond_the_limit_are_left_out() -> None:
    value = "x/y" + "".join(f";p{number}=1" for number in range(MAX_PARAMS + 9))
    assert len(_parse(f"Content-Type: {value}").params) == MAX_PARAMS


def test_fields_inside_a_fold_are_no_fields() -> None:
    assert _parse("Subject: x\r\n Content-Type: text/html").subtype == "plain"


@pytest.mark.parametrize(
    "value",
    [
        "x/y" + ";a=b" * 70_000,
        "x/y" + ";" * 300_000,
        "x/y; " + "a " * 130_000,
        "x/y; " + " " * 300_000,
        "x/y; a=" + "b " * 130_000 + '"',
        "x/y; a" + " " * 300_000 + "b",
        'x/y; a="' + "\\" * 300_000,
        "x/y" + "".join(f";f*{n}*=%41" for n in range(9_999)) * 5,
        "x/y; f*=" + "'" * 300_000,
        "x/y" + "(" * 300_000,
    ],
    ids=range(10),
)
def test_pathological_values_take_linear_time(value: str) -> None:
    begun = time.process_time()
    _parse(f"Content-Type: {value}")
    assert time.process_time() - begun < 5
