"""What mail programs read when they set themselves up."""

import plistlib
from collections.abc import AsyncIterator
from xml.etree import ElementTree

import httpx
import pytest

from mssmail.core.address import parse_address
from mssmail.core.client_setup import ClientSetup
from mssmail.core.endpoint import Endpoint
from mssmail.web.client_setup import build_setup_site, encode_autoconfig, encode_profile

SETUP = ClientSetup(
    imap_tls=Endpoint("mail.a.test", 993),
    imap=Endpoint("mail.a.test", 143),
    submission_tls=Endpoint("mail.a.test", 465),
    submission=Endpoint("mail.a.test", 587),
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_setup_site({"a.test", "xn--t-hfa.test"}, SETUP))
    async with httpx.AsyncClient(transport=transport, base_url="https://autoconfig.a.test") as client:
        yield client


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("/mail/config-v1.1.xml", "a.test"),
        ("/mail/config-v1.1.xml?emailaddress=Anne@A.test", "a.test"),
        ("https://a.test/.well-known/autoconfig/mail/config-v1.1.xml", "a.test"),
        ("https://x.test/mail/config-v1.1.xml?emailaddress=b@xn--t-hfa.test", "xn--t-hfa.test"),
        ("https://x.test/mail/config-v1.1.xml", None),
        ("/mail/config-v1.1.xml?emailaddress=anne@b.test", None),
        ("/mail/profile.mobileconfig?emailaddress=anne@b.test", None),
        ("/mail/profile.mobileconfig", None),
        ("https://127.0.0.1/mail/config-v1.1.xml", None),
    ],
)
async def test_only_our_domains_are_found(client: httpx.AsyncClient, url: str, domain: str | None) -> None:
    answer = await client.get(url)
    assert answer.status_code == (404 if domain is None else 200)
    if domain is not None:
        provider = ElementTree.fromstring(answer.content).find("emailProvider")
        assert provider is not None
        assert provider.findtext("domain") == domain


def test_servers_over_implicit_tls_come_first() -> None:
    root = ElementTree.fromstring(encode_autoconfig("a.test", SETUP))
    assert (root.tag, root.get("version")) == ("clientConfig", "1.1")
    servers = [
        (element.tag, element.get("type"), *(element.findtext(name) for name in ("hostname", "port", "socketType")))
        for element in root.iter()
        if element.tag.endswith("Server")
    ]
    assert servers == [
        ("incomingServer", "imap", "mail.a.test", "993", "SSL"),
        ("incomingServer", "imap", "mail.a.test", "143", "STARTTLS"),
        ("outgoingServer", "smtp", "mail.a.test", "465", "SSL"),
        ("outgoingServer", "smtp", "mail.a.test", "587", "STARTTLS"),
    ]
    assert {element.text for element in root.iter("username")} == {"%EMAILADDRESS%"}


async def test_a_profile_is_one_account(client: httpx.AsyncClient) -> None:
    answer = await client.get("/mail/profile.mobileconfig", params={"emailaddress": "anne+x@a.test"})
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.test.mobileconfig"'
    profile = plistlib.loads(answer.content)
    assert profile["PayloadType"] == "Configuration"
    [mail] = profile["PayloadContent"]
    assert mail["PayloadType"] == "com.apple.mail.managed"
    assert (mail["IncomingMailServerHostName"], mail["IncomingMailServerPortNumber"]) == ("mail.a.test", 993)
    assert (mail["OutgoingMailServerHostName"], mail["OutgoingMailServerPortNumber"]) == ("mail.a.test", 465)
    assert mail["IncomingMailServerUsername"] == mail["EmailAddress"] == "anne+x@a.test"
    assert mail["IncomingMailServerUseSSL"] is True
    assert not any(
        "Password" in key and isinstance(value, str) and value != "EmailAuthPassword" for key, value in mail.items()
    )


def test_the_same_account_has_the_same_profile_and_another_another() -> None:
    anne, ben = (plistlib.loads(encode_profile(parse_address(f"{who}@a.test"), SETUP)) for who in ("anne", "ben"))
    assert anne == plistlib.loads(encode_profile(parse_address("anne@a.test"), SETUP))
    assert len({each["PayloadUUID"] for each in (anne, ben, *anne["PayloadContent"], *ben["PayloadContent"])}) == 4


def test_without_implicit_tls_the_profile_uses_starttls() -> None:
    setup = ClientSetup(imap=SETUP.imap)
    [mail] = plistlib.loads(encode_profile(parse_address("a@a.test"), setup))["PayloadContent"]
    assert mail["IncomingMailServerPortNumber"] == 143
    assert "OutgoingMailServerHostName" not in mail
