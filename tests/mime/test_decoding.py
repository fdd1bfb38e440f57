"""Decoding in pieces is decoding at once."""

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mssmail.mime.decoding import build_decoder
from mssmail.mime.text import decode_body


def _decode(encoding: str, pieces: list[bytes]) -> bytes:
    decoder = build_decoder(encoding)
    assert decoder is not None
    return b"".join([*(decoder.feed(piece) for piece in pieces), decoder.finish()])


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "base64", "quoted-printable"])
@given(data=st.binary(max_size=300).map(lambda data: data.replace(b"\r", b"")), size=st.integers(1, 50))
@example(data=b"+/=/", size=1)
def test_any_octets_in_any_pieces_are_decoded_as_at_once(encoding: str, data: bytes, size: int) -> None:
    assert _decode(encoding, _cut(data, size)) == decode_body(data, encoding)


@given(content=st.binary(max_size=500), width=st.integers(1, 80), size=st.integers(1, 50))
def test_base64_in_lines_of_any_width_gives_the_content(content: bytes, width: int, size: int) -> None:
    lines = b"\r\n".join(_cut(b64encode(content), width))
    assert _decode("base64", _cut(lines, size)) == content


@given(
    st.lists(st.sampled_from([b"=", b"=\r\n", b"=3D", b"=e9", b"a ", b"\r\n", b"=\n", b"x" * 70])), st.integers(1, 9)
)
def test_quoted_printable_escapes_may_be_cut_anywhere(words: list[bytes], size: int) -> None:
    data = b"".join(words)
    assert _decode("quoted-printable", _cut(data, size)) == decode_body(data, "quoted-printable")


@pytest.mark.parametrize("end", [b"=", b"=4", b"=41", b"="[:0]])
def test_a_line_without_end_is_not_held_whole(end: bytes) -> None:
    decoder = build_decoder("quoted-printable")
    assert decoder is not None
    first = decoder.feed(b"y" * 70_000 + end)
    assert len(first) >= 70_000
    assert first + decoder.feed(b"1\r\n") + decoder.finish() == decode_body(
        b"y" * 70_000 + end + b"1\r\n", "quoted-printable"
    )


def test_an_encoding_that_nobody_knows_has_no_decoder() -> None:
    assert build_decoder("x-uuencode") is None


def test_padding_without_end_takes_time_in_proportion() -> None:
    decoder = build_decoder("base64")
    assert decoder is not None
    assert decoder.feed(b"=" * 2_000_000 + b"TW") == b""
    assert decoder.feed(b"Fu" + b"=" * 2_000_000) == b"Man"
    assert decoder.finish() == b""
