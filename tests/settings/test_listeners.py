"""Where we listen."""

from pathlib import Path

import pytest

from mssmail.errors import BadSyntax
from mssmail.settings import Endpoint, encode_settings, load_settings, parse_endpoint


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "endpoint"), [("[::1]:25", Endpoint("::1", 25)), ("a.test:1", Endpoint("a.test", 1))])
def test_endpoints_read_and_write(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint
    assert str(endpoint) == text
    with pytest.raises(BadSyntax):
        parse_endpoint("::1:25")


def test_an_empty_endpoint_means_no_listener(tmp_path: Path) -> None:
    assert load_settings(_write(tmp_path / "m.toml", "[imap]\nlisten = ''")).imap.listen is None


@pytest.mark.parametrize("name", ["UTC", "Europe/Paris"])
def test_a_time_zone_is_read_as_it_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f"[imap]\ntime_zone = '{name}'\n")
    settings = load_settings(path)
    assert str(settings.imap.time_zone) == name
    path.write_text(encode_settings(settings))
    assert load_settings(path).imap.time_zone == settings.imap.time_zone
