"""The closest connector counts."""

import pytest

from mssmail.core.address import parse_address
from mssmail.settings import Connector, Settings

_SETTINGS = Settings(connector=(Connector("all", "b.test"), Connector("own", "Robot@b.test"), Connector("c", "c.test")))


@pytest.mark.parametrize(
    ("address", "name"), [("robot@b.test", "own"), ("other@b.test", "all"), ("x@c.test", "c"), ("x@d.test", None)]
)
def test_an_accounts_own_row_counts_before_its_domains(address: str, name: str | None) -> None:
    found = _SETTINGS.find_connector(parse_address(address))
    assert (found.name if found else None) == name
