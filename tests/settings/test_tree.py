"""The closest row counts."""

from mssmail.core.address import parse_address
from mssmail.settings import Marking, Settings, list_keys


def test_the_closest_marking_counts() -> None:
    rows = tuple(Marking(name, critical=(name,)) for name in ("*", "b.test", "Anne@b.test"))
    settings = Settings(marking=rows)
    for address, found in (("anne@b.test", "Anne@b.test"), ("bob@b.test", "b.test"), ("bob@c.test", "*")):
        assert settings.find_marking(parse_address(address)).critical == (found,)
    assert Settings().find_marking(parse_address("a@b.test")).critical[0] == "$label1"


def test_every_key_says_what_it_means() -> None:
    assert [f"{table}.{field.name}" for table, field in list_keys() if not field.metadata["doc"].strip()] == []
