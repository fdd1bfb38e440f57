import click
import pytest

from mssmail.cli.oids import OID


def test_reads_dotted_decimal() -> None:
    assert OID.convert("2.16.840.1.101.3.2.1.48.1", None, None) == "2.16.840.1.101.3.2.1.48.1"


@pytest.mark.parametrize("text", ["", "anyPolicy", "1", "3.1", "1.02", "1..2", "1.2.", "-1.2"])
def test_refuses_everything_else(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no object identifier"):
        OID.convert(text, None, None)
