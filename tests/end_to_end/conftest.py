"""One real lab for the end-to-end tests of a process: brought up once, stopped at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mssmail.lab.layout import Lab
from mssmail.lab.world import bring_down, bring_up
from tests.support.ports import find_port_base


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process of a parallel run have all tests of the lab: so it is brought up once."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("lab"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two operators and their trust space, up and answering."""
    folder = tmp_path_factory.mktemp("lab") / "lab"
    world = bring_up(Path(folder), find_port_base(), lambda _line: None)
    yield world
    bring_down(world)
