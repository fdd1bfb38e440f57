"""Header fields picked by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.mime.fields import LISTED_FIELDS, build_picker, filter_fields, list_fields

_FIELDS = b"From: a\r\nSubject: b\r\n folded\r\nX-Odd : c\r\nsubject: d\r\n\r\n"


@pytest.mark.parametrize(
    ("names", "exclude", "expected"),
    [
        (("Subject",), False, b"Subject: b\r\n folded\r\nsubject: d\r\n\r\n"),
        (("subject", "FROM"), False, b"From: a\r\nSubject: b\r\n folded\r\nsubject: d\r\n\r\n"),
        (("Subject",), True, b"From: a\r\nX-Odd : c\r\n\r\n"),
        (("x-odd",), False, b"X-Odd : c\r\n\r\n"),
        (("Bcc",), False, b"\r\n"),
        (("Bcc",), True, _FIELDS),
    ],
)
def test_picks_fields_in_their_order_and_ends_with_a_blank_line(
    names: tuple[str, ...], exclude: bool, expected: bytes
) -> None:
    wanted = frozenset(name.lower().encode() for name in names)
    assert filter_fields(_FIELDS, wanted, exclude=exclude) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", b"\r\n"),
        (b"\r\n", b"\r\n"),
        (b"From: a", b"From: a\r\n\r\n"),
        (b"no colon\r\nFrom: a\r\n", b"From: a\r\n\r\n"),
        (b" starts folded\r\nFrom: a\r\n", b"From: a\r\n\r\n"),
        (b"From: a\r\n\r\nFrom: b\r\n", b"From: a\r\n\r\n"),
    ],
)
def test_picks_fields_out_of_broken_headers(header: bytes, expected: bytes) -> None:
    assert filter_fields(header, frozenset({b"from"}), exclude=False) == expected


@given(st.binary(max_size=60))
def test_picking_nothing_out_keeps_every_line_of_any_header(header: bytes) -> None:
    kept = filter_fields(header, frozenset(), exclude=True)
    assert kept.endswith(b"\r\n")
    assert header.startswith(kept[:-2]) or kept[:-4] == header


_NAMES = st.sampled_from(
    [b"From", b"SUBJECT", b"x-mailer", b"Received", b"to ", b"Cc\t", b"", b" ", b"References", b"\r"]
)
_LINES = st.tuples(_NAMES, st.sampled_from([b":", b"", b" :", b"\r:"]), st.binary(max_size=12)).map(b"".join)
_HEADERS = st.lists(st.tuples(_LINES, st.sampled_from([b"\r\n", b"\n", b"\r\n ", b"\n\t", b"\r"])).map(b"".join)).map(
    b"".join
)


@given(_HEADERS, st.frozensets(st.sampled_from(sorted(LISTED_FIELDS)), min_size=1))
def test_what_is_kept_apart_answers_as_the_header_would(header: bytes, names: frozenset[bytes]) -> None:
    assert build_picker(names)(list_fields(header)) == filter_fields(header, names, exclude=False)


def test_a_field_that_is_not_listed_is_not_kept() -> None:
    assert list_fields(b"Received: x\r\nFrom: a\r\nX-Mine: b\r\n\r\n") == b"From: a\r\n"
