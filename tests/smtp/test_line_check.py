import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmail.smtp.line_check import MAX_LINE_BYTES, LineCheck

OCTETS = st.lists(st.sampled_from([b"\r\n", b"a", b".", b"\r", b"\n", b"\0", b"\xe9"]), max_size=30).map(b"".join)


@given(OCTETS, st.lists(st.integers(0, 60), max_size=5))
def test_it_finds_the_same_whatever_the_steps(octets: bytes, steps: list[int]) -> None:
    buffer, check = bytearray(octets), LineCheck()
    for end in sorted(min(step, len(octets)) for step in steps):
        check.check(buffer, end - 1 if end and octets[end - 1 : end + 1] == b"\r\n" else end)
    check.check(buffer, len(octets))
    plain = octets.replace(b"\r\n", b"")
    assert check.has_bad_ending == any(octet in plain for octet in b"\r\n\0")
    assert check.checked == len(octets)


@pytest.mark.parametrize(("length", "is_long"), [(MAX_LINE_BYTES, False), (MAX_LINE_BYTES + 1, True)])
@pytest.mark.parametrize("step", [1_000, 32_768, MAX_LINE_BYTES])
def test_a_line_is_measured_across_steps(length: int, is_long: bool, step: int) -> None:
    buffer, check = bytearray(b"a\r\n" + b"x" * length + b"\r\nb\r\n"), LineCheck()
    for end in (*range(1, len(buffer), step), len(buffer)):
        check.check(buffer, end)
    assert check.has_long_line is is_long


def test_a_line_that_never_ends_is_long() -> None:
    buffer, check = bytearray(b"x" * (MAX_LINE_BYTES + 1)), LineCheck()
    check.check(buffer, len(buffer))
    assert check.has_long_line
