"""Entries of annotations: what is one, and which are below which."""

import pytest

from mssmail.core.annotation import MAX_ENTRIES, MAX_VALUE, Annotation, is_within


@pytest.mark.parametrize(
    ("key", "asked", "depth", "holds"),
    [
        ("/shared/a", "/shared/a", 0, True),
        ("/shared/a/b", "/shared/a", 0, False),
        ("/shared/a/b", "/shared/a", 1, True),
        ("/shared/a/b/c", "/shared/a", 1, False),
        ("/shared/a/b/c", "/shared/a", None, True),
        ("/shared/ab", "/shared/a", None, False),
        ("/shared", "/shared/a", None, False),
        ("/shared/a", "/shared", 1, True),
        ("/private/a", "/shared", None, False),
    ],
)
def test_depth_counts_levels_below(key: str, asked: str, depth: int | None, holds: bool) -> None:
    assert is_within(key, asked, depth) is holds


def test_names_are_compared_without_regard_to_case() -> None:
    assert Annotation("/Private/Comment", b"").key == "/private/comment"
    assert Annotation("/PRIVATE/x", b"").is_private
    assert not Annotation("/shared/private/x", b"").is_private


def test_what_is_noted_is_not_shown_by_accident() -> None:
    assert "secret" not in repr(Annotation("/private/x", b"secret"))


def test_limits_are_no_smaller_than_the_standard_allows() -> None:
    assert MAX_VALUE >= 1_024  # RFC 5464 §4.1
    assert MAX_ENTRIES >= 10
