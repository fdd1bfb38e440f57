"""Where we listen."""

from pathlib import Path

import pytest

from mssmail.errors import BadSyntax
from mssmail.settings import Endpoint, load_settings, parse_endpoint


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
