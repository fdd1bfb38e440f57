"""Fields picked out of pieces are those picked out of the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.mime import field_filter
from mssmail.mime.field_filter import MOST_HELD, FieldFilter
from mssmail.mime.fields import filter_fields
from tests.support.budget import examples

NAMES = frozenset({b"a", b"subject"})


def _filter(pieces: list[bytes], *, exclude: bool) -> bytes:
    fields = FieldFilter(NAMES, exclude=exclude)
    return b"".join([*map(fields.feed, pieces), fields.finish()])


@examples(300)
@given(
    st.lists(st.sampled_from([b"a", b"A: 1", b"B", b":", b" ", b"\t", b"\r\n", b"\n", b"Subject:", b"x" * 9, b""])),
    st.integers(1, 7),
    st.booleans(),
    st.sampled_from([3, 20, MOST_HELD]),
)
def test_any_header_in_any_pieces(words: list[bytes], size: int, exclude: bool, held: int) -> None:
    header = b"".join(words)
    pieces = [header[start : start + size] for start in range(0, len(header), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(field_filter, "MOST_HELD", max(held, 10))  # longer than the names that are asked for
        assert _filter(pieces, exclude=exclude) == filter_fields(header, NAMES, exclude=exclude)


@pytest.mark.parametrize("exclude", [True, False])
@pytest.mark.parametrize("name", [b"A", b"X-A"])
def test_a_field_of_megabytes_is_not_held(name: bytes, exclude: bool) -> None:
    header = b"Subject: s\r\n" + name + b": " + (b"y" * 900 + b"\r\n ") * 2_000 + b"\r\nB: 1\r\n\r\n"
    fields, given, most = FieldFilter(NAMES, exclude=exclude), [], 0
    for start in range(0, len(header), 8_192):
        given.append(fields.feed(header[start : start + 8_192]))
        most = max(most, len(fields._held))
    assert b"".join([*given, fields.finish()]) == filter_fields(header, NAMES, exclude=exclude)
    assert most <= MOST_HELD
