"""What is wrong is told before anything starts, each fault naming its key."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.app.checks import check_settings, find_unbindable
from mssmail.core.clock import read_clock
from mssmail.settings import Connector, Domain, Endpoint, Hide, Policy, Settings, Trust
from tests.support.operators import build_site
from tests.support.pki import Pki


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return build_site(tmp_path_factory.mktemp("op"), Pki(read_clock().replace(microsecond=0)), read_clock()).settings


def test_a_whole_site_has_no_fault(settings: Settings) -> None:
    assert check_settings(settings) == []


def _break(settings: Settings, table: str, **values: object) -> Settings:
    return replace(settings, **{table: replace(getattr(settings, table), **values)})


@pytest.mark.parametrize(
    ("table", "values", "words"),
    [
        ("trust", {"anchors": Path("/nowhere")}, "trust.anchors"),
        ("trust", {"white_list_signer": ""}, "trust.white_list_signer"),
        ("imap", {"admin_uri": "help@a.test"}, "imap.admin_uri: 'help@a.test' is no URI"),
        ("trust", {"white_list_file": None}, "trust.white_list_url: neither"),
        ("trust", {"white_list_url": "http://x/list.xml"}, "fetched by https only"),
        ("trust", {"white_list_ca": Path("/nowhere")}, "trust.white_list_ca"),
        ("imap", {"certificate": Path("/nowhere")}, "imap.certificate"),
        ("relay", {"key": Path("/nowhere")}, "relay.key"),
        ("patient", {"domains": ("patient.test", "a b")}, "patient.domains: 'a b': the domain is not a host name"),
        ("receipts", {"own_receipts": ("pfi",)}, "receipts.own_receipts: 'pfi': an address has an @"),
        ("receipts", {"error_account": "errors@"}, "receipts.error_account: 'errors@'"),
        ("imap", {"listen": Endpoint("127.0.0.1", 143), "listen_tls": Endpoint("127.0.0.1", 143)}, "already used"),
    ],
)
def test_each_fault_names_its_key(settings: Settings, table: str, values: dict[str, object], words: str) -> None:
    (fault,) = check_settings(_break(settings, table, **values))
    assert words in fault


def test_domains_are_there_and_there_once(settings: Settings) -> None:
    assert "no [[domain]]" in check_settings(replace(settings, domain=()))[0]
    twice = replace(settings, domain=(Domain("a.test"), Domain("a.test")))
    assert check_settings(twice) == ["domain.name: a.test is configured twice"]


def test_an_anchor_that_is_none_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "bad.crt").write_text("rubbish")
    (fault,) = check_settings(_break(settings, "trust", anchors=tmp_path))
    assert "bad.crt" in fault


def test_the_listener_that_cannot_have_its_address_is_named(settings: Settings) -> None:
    assert find_unbindable(settings) == ""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = Endpoint("127.0.0.1", other.getsockname()[1])
        told = find_unbindable(_break(settings, "imap", listen=taken))
    assert told == f"imap.listen: {taken} cannot be bound: Address already in use"


@pytest.mark.parametrize(
    ("connectors", "words"),
    [
        ((Connector("a", "*"),), ["either directory or url"]),
        ((Connector("a", "*", directory=Path("/nowhere")),), ["connector.directory: /nowhere"]),
        ((Connector("a", "*", directory=Path("/tmp")), Connector("a", "b.test", directory=Path("/tmp"))), ["twice"]),
        ((Connector("a", "*", url="https://x.test/"),), ["connector.secret"]),
        ((Connector("a", "*", url="http://x.test/", secret=Path(__file__)),), ["connector.url"]),
        ((Connector("a", "*", url="https:///x", secret=Path(__file__)),), ["connector.url"]),
        ((Connector("a", "*", url="https://x.test/", secret=Path(__file__), ca=Path("/nowhere")),), ["connector.ca"]),
        ((Connector("a", "*", url="http://127.0.0.1:80/", secret=Path(__file__)),), []),
    ],
)
def test_connectors_that_cannot_work_are_told(
    settings: Settings, connectors: tuple[Connector, ...], words: list[str]
) -> None:
    faults = check_settings(replace(settings, connector=connectors))
    assert len(faults) == len(words)
    assert all(word in fault for word, fault in zip(words, faults, strict=True))


def test_a_rule_that_cannot_be_in_shadow_is_a_fault() -> None:
    faults = check_settings(Settings(policy=Policy(("unsigned", "white-list-stale"))))
    assert [fault for fault in faults if fault.startswith("policy.shadow: white-list-stale is no rule")]
    assert not [fault for fault in faults if fault.startswith("policy.shadow: unsigned")]


def test_a_responder_that_cannot_be_asked_is_a_fault() -> None:
    settings = Settings(trust=Trust(ocsp_urls=("http://ocsp.ca.test", "ldap://ocsp.ca.test")))
    found = [fault for fault in check_settings(settings) if fault.startswith("trust.ocsp_urls")]
    assert found == ["trust.ocsp_urls: ldap://ocsp.ca.test is no http or https address"]


def test_a_capability_misspelt_in_a_rule_that_hides_it_is_a_fault(settings: Settings) -> None:
    rules = (Hide(("QRESINC", "thread", "APPENDLIMIT"), client="*outlook*"), Hide(("AUTH=LOGIN", "IMAP4rev2")))
    (fault,) = check_settings(replace(settings, hide=rules))
    assert fault == "hide.capabilities: QRESINC is no capability that could be hidden"
