"""Mail programs that set themselves up: Mozilla's autoconfig and Apple's configuration profile, over HTTPS.

Formats: https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat, and Apple's "Configuration Profile
Reference" (payload com.apple.mail.managed). Neither holds a password, and neither says whether an account exists.
"""

import plistlib
import uuid
from collections.abc import Collection, Iterator
from xml.etree import ElementTree

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mssmail.core.address import Address, normalise_domain, parse_address
from mssmail.core.client_setup import ClientSetup
from mssmail.core.endpoint import Endpoint
from mssmail.errors import BadSyntax

_AUTOCONFIG = "/mail/config-v1.1.xml"
_PROFILE = "/mail/profile.mobileconfig"
_SPACE = uuid.UUID("5b1f4f0e-2d7c-5a55-9d6b-0a6f5f1f3c11")  # ours: the same account always has the same profile


def build_setup_site(domains: Collection[str], setup: ClientSetup) -> Starlette:
    """The pages that mail programs ask for; a domain that is not ours is not found."""

    async def answer_autoconfig(request: Request) -> Response:
        domain = _find_domain(request, domains)
        if domain is None:
            return _NOT_FOUND
        return Response(encode_autoconfig(domain, setup), media_type="application/xml")

    async def answer_profile(request: Request) -> Response:
        address = _read_address(request)
        if address is None or address.domain not in domains:
            return _NOT_FOUND
        headers = {"content-disposition": f'attachment; filename="{address.domain}.mobileconfig"'}
        profile = encode_profile(address, setup)
        return Response(profile, media_type="application/x-apple-aspen-config", headers=headers)

    return Starlette(
        routes=[
            Route(_AUTOCONFIG, answer_autoconfig),
            Route("/.well-known/autoconfig" + _AUTOCONFIG, answer_autoconfig),
            Route(_PROFILE, answer_profile),
        ]
    )


_NOT_FOUND = PlainTextResponse("Not one of our domains", 404)


def encode_autoconfig(domain: str, setup: ClientSetup) -> bytes:
    """The ``clientConfig`` of a domain; servers over implicit TLS first (RFC 8314 §3)."""
    root = ElementTree.Element("clientConfig", version="1.1")
    provider = ElementTree.SubElement(root, "emailProvider", id=domain)
    for name in ("domain", "displayName", "displayShortName"):
        ElementTree.SubElement(provider, name).text = domain
    for kind, server, socket_type in _list_servers(setup):
        tag = "incomingServer" if kind == "imap" else "outgoingServer"
        element = ElementTree.SubElement(provider, tag, type=kind)
        rows = (
            ("hostname", server.host),
            ("port", str(server.port)),
            ("socketType", socket_type),
            ("username", "%EMAILADDRESS%"),
            ("authentication", "password-cleartext"),  # inside TLS
        )
        for name, value in rows:
            ElementTree.SubElement(element, name).text = value
    encoded: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return encoded


def _list_servers(setup: ClientSetup) -> Iterator[tuple[str, Endpoint, str]]:
    rows = (
        ("imap", setup.imap_tls, "SSL"),
        ("imap", setup.imap, "STARTTLS"),
        ("smtp", setup.submission_tls, "SSL"),
        ("smtp", setup.submission, "STARTTLS"),
    )
    for kind, server, socket_type in rows:
        if server is not None:
            yield kind, server, socket_type


def encode_profile(address: Address, setup: ClientSetup) -> bytes:
    """The profile of one account. Apple knows one server each way: over implicit TLS where there is one."""
    incoming, outgoing = setup.imap_tls or setup.imap, setup.submission_tls or setup.submission
    mail: dict[str, object] = {
        **_build_payload("com.apple.mail.managed", f"{address}/mail", str(address)),
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": str(address),
        "EmailAddress": str(address),
        "disableMailRecentsSyncing": True,  # addresses of patients stay on the device
    }
    for direction, server in (("Incoming", incoming), ("Outgoing", outgoing)):
        if server is not None:
            mail |= {
                f"{direction}MailServerHostName": server.host,
                f"{direction}MailServerPortNumber": server.port,
                f"{direction}MailServerUseSSL": True,
                f"{direction}MailServerAuthentication": "EmailAuthPassword",
                f"{direction}MailServerUsername": str(address),
            }
    mail["OutgoingPasswordSameAsIncomingPassword"] = True
    profile = {**_build_payload("Configuration", str(address), str(address)), "PayloadContent": [mail]}
    return plistlib.dumps(profile)


def _build_payload(kind: str, name: str, label: str) -> dict[str, object]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"mssmail.{name}",
        "PayloadUUID": str(uuid.uuid5(_SPACE, name)).upper(),
        "PayloadDisplayName": label,
    }


def _read_address(request: Request) -> Address | None:
    try:
        return parse_address(request.query_params.get("emailaddress", ""))
    except BadSyntax:
        return None


def _find_domain(request: Request, domains: Collection[str]) -> str | None:
    """The domain of the address asked about, else of the host asked: ``autoconfig.<domain>`` or the domain itself."""
    address = _read_address(request)
    if address is not None:
        return address.domain if address.domain in domains else None
    try:
        host = normalise_domain((request.url.hostname or "").removeprefix("autoconfig."))
    except BadSyntax:
        return None
    return host if host in domains else None
