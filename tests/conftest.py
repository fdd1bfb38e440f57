"""What holds for every test, and what many of them want."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.budget import examples

if TYPE_CHECKING:
    from mssmail.store.engine import Store

settings.register_profile("mssmail", examples(100))
settings.load_profile("mssmail")


@pytest.fixture
def store(tmp_path: Path) -> Iterator["Store"]:
    """A new store in a real SQLite file."""
    from tests.support.store import make_store  # here, because most tests want none of it

    store = make_store(tmp_path / "store")
    yield store
    store.close()
