"""What can be known to be wrong before anything starts: every file the configuration names is read."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mssmail.core.address import normalise_domain, parse_address
from mssmail.errors import BadCertificate, BadSyntax
from mssmail.imap.verbs.capability import is_hideable
from mssmail.policy.shadow import SHADOWABLE, find_strangers
from mssmail.settings import Endpoint, Imap, Relay, Settings, Setup, Submission
from mssmail.trust.anchors import load_certificates


def check_settings(settings: Settings) -> list[str]:
    """One sentence per fault, each naming the key; empty when the server can start."""
    return [
        *_check_domains(settings),
        *_check_certificates(settings),
        *_check_trust(settings),
        *_check_ports(settings),
        *_check_connectors(settings),
        *_check_policy(settings),
        *_check_names(settings),
        *_check_hiding(settings),
    ]


def _check_policy(settings: Settings) -> Iterator[str]:
    for rule in find_strangers(settings.policy.shadow):
        yield f"policy.shadow: {rule} is no rule that can be in shadow; these are: {', '.join(sorted(SHADOWABLE))}"


def _check_hiding(settings: Settings) -> Iterator[str]:
    """A slip in a rule would leave the client with its fault, and the administrator with a rule that looks right."""
    for rule in settings.hide:
        for name in rule.capabilities:
            if not is_hideable(name):
                yield f"hide.capabilities: {name} is no capability that could be hidden"


def _check_names(settings: Settings) -> Iterator[str]:
    for domain in settings.patient.domains:
        if (fault := _find_fault(normalise_domain, domain)) is not None:
            yield f"patient.domains: {domain!r}: {fault}"
    if settings.imap.admin_uri and not urlsplit(settings.imap.admin_uri).scheme:
        yield f"imap.admin_uri: {settings.imap.admin_uri!r} is no URI, like mailto:postmaster@example.test"
    own, error_account = settings.receipts.own_receipts, settings.receipts.error_account
    for key, addresses in (("own_receipts", own), ("error_account", (error_account,) if error_account else ())):
        for address in addresses:
            if (fault := _find_fault(parse_address, address)) is not None:
                yield f"receipts.{key}: {address!r}: {fault}"


def _find_fault(parse: Callable[[str], object], text: str) -> str | None:
    """Why the text cannot be read; None: it can."""
    try:
        parse(text)
    except BadSyntax as fault:
        return str(fault)
    return None


def _check_domains(settings: Settings) -> Iterator[str]:
    if not settings.domain:
        yield "domain: no [[domain]] is configured, so there is nobody to receive mail"
    names = [domain.name for domain in settings.domain]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"domain.name: {name} is configured twice"


def _check_connectors(settings: Settings) -> Iterator[str]:
    names = [each.name for each in settings.connector]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"connector.name: {name} is configured twice"
    for each in settings.connector:
        if (each.directory is None) == (not each.url):
            yield f"connector {each.name}: either directory or url is wanted"
        if each.directory is not None and not each.directory.is_dir():
            yield f"connector.directory: {each.directory} is no directory"
        if each.url and (each.secret is None or not _is_readable(each.secret)):
            yield f"connector.secret: {each.secret or 'none'} cannot be read, so requests of {each.name} are not signed"
        if each.url and not _is_safe_url(each.url):
            yield f"connector.url: {each.url} is neither https nor http on this machine"
        if each.ca is not None and not _is_readable(each.ca):
            yield f"connector.ca: {each.ca} cannot be read"


def _is_safe_url(url: str) -> bool:
    """Health data leaves this machine encrypted only."""
    parts = urlsplit(url)
    is_here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _check_certificates(settings: Settings) -> Iterator[str]:
    wanted: dict[tuple[Path, Path], str] = {}
    sections: list[tuple[str, Relay | Submission | Imap | Setup]] = [
        ("relay", settings.relay),
        ("submission", settings.submission),
        ("imap", settings.imap),
    ]
    if settings.setup.listen is not None:
        sections.append(("setup", settings.setup))
    for table, section in sections:
        wanted.setdefault((section.certificate, section.key), table)
    for (certificate, key), table in wanted.items():
        for name, path in (("certificate", certificate), ("key", key)):
            if not _is_readable(path):
                yield f"{table}.{name}: {path} cannot be read"
        if _is_readable(certificate) and _is_readable(key):
            yield from _check_pair(table, certificate, key)


def _check_pair(table: str, certificate: Path, key: Path) -> Iterator[str]:
    if fault := find_pair_fault(certificate, key):
        yield f"{table}.key: {fault}"


def find_pair_fault(certificate: Path, key: Path) -> str:
    """Why certificate and key cannot be used together; empty when they can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        return f"{key} does not go with {certificate}: {error}"
    return ""


def _check_trust(settings: Settings) -> Iterator[str]:
    trust = settings.trust
    try:
        if not load_certificates(trust.anchors):
            yield f"trust.anchors: {trust.anchors} holds no certificate, so nobody can be believed"
    except (BadCertificate, OSError) as error:
        yield f"trust.anchors: {error}"
    if not trust.white_list_url and trust.white_list_file is None:
        yield "trust.white_list_url: neither it nor white_list_file is set: all mail from peers will wait (451)"
    elif not trust.white_list_signer:
        yield "trust.white_list_signer: is empty: say whose signature on the list counts"
    if trust.white_list_url and not trust.white_list_url.startswith("https://"):
        yield "trust.white_list_url: the list is fetched by https only"
    for url in trust.ocsp_urls:
        if not url.startswith(("http://", "https://")):
            yield f"trust.ocsp_urls: {url} is no http or https address"
    if trust.white_list_ca is not None and not _is_readable(trust.white_list_ca):
        yield f"trust.white_list_ca: {trust.white_list_ca} cannot be read"


def _check_ports(settings: Settings) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key, endpoint in _list_listeners(settings).items():
        if endpoint.port == 0:
            continue
        if str(endpoint) in seen:
            yield f"{key}: {endpoint} is already used by {seen[str(endpoint)]}"
        seen.setdefault(str(endpoint), key)


def _list_listeners(settings: Settings) -> Mapping[str, Endpoint]:
    listeners = {
        "relay.listen": settings.relay.listen,
        "submission.listen": settings.submission.listen,
        "submission.listen_tls": settings.submission.listen_tls,
        "imap.listen": settings.imap.listen,
        "imap.listen_tls": settings.imap.listen_tls,
        "http.listen": settings.http.listen,
        "setup.listen": settings.setup.listen,
    }
    return {key: endpoint for key, endpoint in listeners.items() if endpoint is not None}


def find_unbindable(settings: Settings) -> str:
    """Which listener cannot have its address, and why; empty when all can. Asked only while nothing of ours listens."""
    for key, endpoint in _list_listeners(settings).items():
        family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((endpoint.host, endpoint.port))
            except OSError as error:
                return f"{key}: {endpoint} cannot be bound: {error.strerror or error}"
    return ""


def _is_readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
