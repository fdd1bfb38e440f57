"""Folds, comments and quoted pairs."""

import time

import pytest

from mssmail.mime.lexical import strip_comments, unfold, unquote


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b" a\r\n b\r\n", b"a b"),
        (b"a\n\tb", b"a\tb"),
        (b"a\0b", b"ab"),
        (b"  \r\n ", b""),
    ],
)
def test_unfolds_a_value_onto_one_line(raw: bytes, line: bytes) -> None:
    assert unfold(raw) == line


def test_unquotes_pairs() -> None:
    assert unquote(rb"a\"b\\c") == rb'a"b\c'


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (b"text/plain (a (nested) one); x=y", b"text/plain  ; x=y"),
        (b'a; name="b (c)"', b'a; name="b (c)"'),
        (b"(all of it", b""),
        (b"a (open ; b", b"a "),
        (b"filename=report(1).pdf", b"filename=report(1).pdf"),
        (rb"a (one \) still one) b", b"a   b"),
    ],
)
def test_strips_comments(raw: bytes, rest: bytes) -> None:
    assert strip_comments(raw).strip() == rest.strip()


def test_many_open_comments_take_linear_time() -> None:
    begun = time.process_time()
    assert strip_comments(b"(" * 1_000_000) == b""
    assert time.process_time() - begun < 5
