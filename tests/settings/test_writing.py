"""The configuration is written with its meaning."""

import re
import tomllib
from pathlib import Path

from mssmail.settings import Domain, Marking, Route, Settings, SmimeMode, encode_settings, list_keys, load_settings
from mssmail.settings.tree import ARRAYS

ROOT = Path(__file__).parents[2]


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    wanted = Settings(domain=(Domain("a.test", SmimeMode.VERIFY),), route=(Route("b.test", "127.0.0.1", 26),))
    settings = load_settings(_write(tmp_path / "m.toml", encode_settings(wanted)))
    assert settings.domain == wanted.domain
    assert settings.route == wanted.route
    assert settings.queue == wanted.queue
    assert settings.find_domain("a.test") == wanted.domain[0]
    assert settings.find_domain("c.test") is None


def test_the_sample_configuration_is_the_defaults_and_misses_no_key() -> None:
    sample = ROOT / "config" / "mssmail.toml"
    assert sample.read_text() == encode_settings(Settings(domain=(Domain("example.test"),), marking=(Marking("*"),)))


def test_tables_that_are_not_there_are_shown_with_every_key_and_need_only_their_marks_taken_off() -> None:
    shown = tomllib.loads(re.sub(r"(?m)^#(?! )", "", encode_settings(Settings())))
    rows = {name: table[0] if name in ARRAYS else table for name, table in shown.items()}
    assert [(table, field.name) for table, field in list_keys() if field.name not in rows[table]] == []
