"""The configuration is read strictly and written with its meaning."""

from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.errors import BadSyntax, ConfigError
from mssmail.settings import (
    Domain,
    Endpoint,
    Marking,
    RevocationMode,
    Route,
    Settings,
    SmimeMode,
    encode_settings,
    list_keys,
    load_settings,
    parse_endpoint,
)

ROOT = Path(__file__).parent.parent


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_an_empty_file_means_the_defaults_beside_the_file(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path / "m.toml", ""))
    assert settings.relay.listen == Settings().relay.listen
    assert settings.server.store == tmp_path / "store"
    settings = load_settings(_write(tmp_path / "m.toml", "[server]\nname = 'x'"))
    assert settings.server.store == tmp_path / "store"


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    wanted = Settings(domain=(Domain("a.test", SmimeMode.VERIFY),), route=(Route("b.test", "127.0.0.1", 26),))
    settings = load_settings(_write(tmp_path / "m.toml", encode_settings(wanted)))
    assert settings.domain == wanted.domain
    assert settings.route == wanted.route
    assert settings.queue == wanted.queue
    assert settings.find_domain("a.test") == wanted.domain[0]
    assert settings.find_domain("c.test") is None


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


def test_domains_come_out_in_normal_form(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path / "m.toml", "[[domain]]\nname = 'UC-CMP.mssante.fr'"))
    assert settings.domain[0].name == "uc-cmp.mssante.fr"


@pytest.mark.parametrize(("text", "endpoint"), [("[::1]:25", Endpoint("::1", 25)), ("a.test:1", Endpoint("a.test", 1))])
def test_endpoints_read_and_write(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint
    assert str(endpoint) == text
    with pytest.raises(BadSyntax):
        parse_endpoint("::1:25")


def test_an_empty_endpoint_means_no_listener(tmp_path: Path) -> None:
    assert load_settings(_write(tmp_path / "m.toml", "[imap]\nlisten = ''")).imap.listen is None


def test_the_sample_configuration_is_the_defaults_and_misses_no_key() -> None:
    sample = ROOT / "config" / "mssmail.toml"
    assert sample.read_text() == encode_settings(Settings(domain=(Domain("example.test"),), marking=(Marking("*"),)))
    text = sample.read_text()
    assert all(f"\n{field.name} = " in text for table, field in list_keys() if table != "route")


def test_the_closest_marking_counts() -> None:
    rows = tuple(Marking(name, critical=(name,)) for name in ("*", "b.test", "Anne@b.test"))
    settings = Settings(marking=rows)
    for address, found in (("anne@b.test", "Anne@b.test"), ("bob@b.test", "b.test"), ("bob@c.test", "*")):
        assert settings.find_marking(parse_address(address)).critical == (found,)
    assert Settings().find_marking(parse_address("a@b.test")).critical[0] == "$label1"


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.toml")), ids=lambda path: path.name)
def test_every_example_is_read_without_a_fault(path: Path) -> None:
    settings = load_settings(path)
    assert settings.domain
    assert settings.trust.revocation is RevocationMode.HARD
