"""The configuration is read strictly."""

from pathlib import Path

import pytest

from mssmail.errors import ConfigError
from mssmail.settings import RevocationMode, Settings, load_settings

ROOT = Path(__file__).parents[2]


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_an_empty_file_means_the_defaults_beside_the_file(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path / "m.toml", ""))
    assert settings.relay.listen == Settings().relay.listen
    assert settings.server.store == tmp_path / "store"
    settings = load_settings(_write(tmp_path / "m.toml", "[server]\nname = 'x'"))
    assert settings.server.store == tmp_path / "store"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[imap]\nlisten = '127.0.0.1:1'\nbogus = 1", "m.toml:3: imap.bogus: unknown key"),
        ("[bogus]\na = 1", "m.toml:1: bogus: unknown table"),
        ("bogus = 1", "m.toml:1: bogus: unknown key"),
        ("[relay]\nmax_recipients = 'many'", "m.toml:2: relay.max_recipients: a whole number is wanted"),
        ("[relay]\nmax_recipients = true", "m.toml:2: relay.max_recipients: a whole number is wanted"),
        ("[relay]\nmax_recipients = -1", "m.toml:2: relay.max_recipients: a number below zero"),
        ("[trust]\nallow_sha1 = 'yes'", "m.toml:2: trust.allow_sha1: true or false is wanted"),
        ("[trust]\nrevocation = 'maybe'", "m.toml:2: trust.revocation: one of hard, soft, off"),
        ("[trust]\ncrl_urls = 'http://x'", "m.toml:2: trust.crl_urls: a list is wanted"),
        ("[imap]\nlisten = 'nowhere'", "m.toml:2: imap.listen: not host:port"),
        ("[imap]\nlisten = '127.0.0.1:99999'", "m.toml:2: imap.listen: not host:port"),
        (
            "[imap]\ntime_zone = 'Mars/Olympus'",
            "m.toml:2: imap.time_zone: this system knows no time zone 'Mars/Olympus'",
        ),
        ("[imap]\ntime_zone = '../passwd'", "m.toml:2: imap.time_zone: this system knows no time zone"),
        ("[imap]\ntime_zone = 'Europe'", "m.toml:2: imap.time_zone: this system knows no time zone"),
        ("[[domain]]\nsmime = 'off'", "m.toml:1: domain.name: is missing"),
        ("[domain]\nname = 'a.test'", "m.toml:1: domain: write [[domain]]"),
        ("[[imap]]\nlisten = ''", "m.toml:1: imap: write [imap]"),
        ("[[domain]]\nname = 'not a host'", "m.toml:2: domain.name: the domain is not a host name"),
        ("[imap", "m.toml: "),
    ],
)
def test_says_where_and_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(_write(tmp_path / "m.toml", text))
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.toml")), ids=lambda path: path.name)
def test_every_example_is_read_without_a_fault(path: Path) -> None:
    settings = load_settings(path)
    assert settings.domain
    assert settings.trust.revocation is RevocationMode.HARD
