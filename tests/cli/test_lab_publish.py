"""The publisher is the lab's own affair."""

from tests.support.command import run


def test_the_publisher_is_not_offered_but_explains_itself() -> None:
    assert "publish" not in run("lab", "--help").out
    assert "lab up" in run("lab", "publish", "--help").out
