"""A fresh store for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mssmail.store.engine import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store in a real SQLite file."""
    store = open_store(tmp_path / "store", create=True)
    yield store
    store.close()
