"""A real store for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imap.support import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A new store with anne's account."""
    with open_world(tmp_path) as world:
        yield world
