"""The configuration: every key with its default and its meaning, read strictly.

One dataclass per table of the TOML file. A key nobody knows, a wrong type or a value that cannot be ends in a
ConfigError that names file, line and key. ``encode_settings`` writes the commented file that ``mssmail init`` leaves;
relative paths are relative to the configuration file.
"""

import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from mssmail.core.address import Address, normalise_domain
from mssmail.core.endpoint import Endpoint, parse_endpoint
from mssmail.core.loinc import NEUTRAL_CODES
from mssmail.core.modes import LogFormat, RevocationMode, SignWith, SmimeMode
from mssmail.errors import BadSyntax, ConfigError

__all__ = ["Endpoint", "LogFormat", "RevocationMode", "SignWith", "SmimeMode", "parse_endpoint"]  # they live below


def _key(default: Any, doc: str) -> Any:  # noqa: ANN401 - dataclasses.field is typed the same way
    return field(default=default, metadata={"doc": doc})


def _required(doc: str) -> Any:  # noqa: ANN401 - as above
    return field(metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Server:
    """The program as a whole."""

    name: str = _key("localhost", "Host name: EHLO, Received, and authserv-id of our verdicts (RFC 8601 §2.5).")
    store: Path = _key(Path("store"), "Directory of the store: database, large bodies, last good trust data.")
    keys: Path = _key(
        Path("keys"), "Directory of signing keys, one PEM file with key and certificates per address: <address>.pem."
    )
    log_format: LogFormat = _key(LogFormat.TEXT, "Log lines as text for people or as json for machines.")
    log_level: str = _key("info", "debug, info, warning or error.")
    postmaster: str = _key("", "Author of delivery reports; empty: postmaster@ the sender's domain.")


@dataclass(frozen=True, slots=True)
class Relay:
    """Mail from other operators."""

    listen: Endpoint | None = _key(Endpoint("127.0.0.1", 25), "Where peers deliver (STARTTLS with client certificate).")
    certificate: Path = _key(Path("operator.crt"), "Our operator certificate with its intermediates, PEM.")
    key: Path = _key(Path("operator.key"), "Its private key, PEM.")
    max_message_bytes: int = _key(52_428_800, "Largest message taken (552 5.3.4 beyond), announced as SIZE.")
    max_recipients: int = _key(1_000, "Recipients of one message (452 4.5.3 beyond).")
    max_connections: int = _key(512, "Connections at a time (421 beyond).")
    max_connections_per_address: int = _key(64, "Connections at a time from one address (421 beyond).")
    max_inflight_bytes: int = _key(268_435_456, "Octets of messages being received or examined at a time (452 beyond).")
    command_timeout_seconds: int = _key(300, "A silent peer is disconnected after this (RFC 5321 §4.5.3.2).")
    data_timeout_seconds: int = _key(1_800, "The whole of one DATA may take this long.")


@dataclass(frozen=True, slots=True)
class Submission:
    """Mail from our own clients."""

    listen: Endpoint | None = _key(Endpoint("127.0.0.1", 587), "Submission with STARTTLS (RFC 6409).")
    listen_tls: Endpoint | None = _key(Endpoint("127.0.0.1", 465), "Submission over implicit TLS (RFC 8314 §3.3).")
    certificate: Path = _key(Path("operator.crt"), "Certificate shown to clients, PEM.")
    key: Path = _key(Path("operator.key"), "Its private key, PEM.")
    sign_with: SignWith = _key(SignWith.ACCOUNT, "Who signs unsigned mail: account, organisation or none.")
    max_message_bytes: int = _key(52_428_800, "Largest message taken from a client.")


@dataclass(frozen=True, slots=True)
class Imap:
    """Mailboxes for our clients."""

    listen: Endpoint | None = _key(Endpoint("127.0.0.1", 143), "IMAP with STARTTLS.")
    listen_tls: Endpoint | None = _key(Endpoint("127.0.0.1", 993), "IMAP over implicit TLS (RFC 8314 §3.2).")
    certificate: Path = _key(Path("operator.crt"), "Certificate shown to clients, PEM.")
    key: Path = _key(Path("operator.key"), "Its private key, PEM.")
    max_connections: int = _key(1_024, "Connections at a time.")
    max_connections_per_address: int = _key(128, "Connections at a time from one address (BYE beyond).")
    max_connections_per_account: int = _key(64, "Connections at a time signed in to one account (NO [LIMIT] beyond).")
    max_literal_bytes: int = _key(52_428_800, "Largest literal, and so the largest APPEND.")
    max_inflight_bytes: int = _key(268_435_456, "Octets of commands being received at a time (BYE beyond).")
    idle_timeout_seconds: int = _key(1_860, "A silent client is signed out after this (RFC 9051 §5.4: 30 minutes).")


@dataclass(frozen=True, slots=True)
class Http:
    """Metrics and health, for machines on this host."""

    listen: Endpoint | None = _key(Endpoint("127.0.0.1", 8025), "Where /metrics and /healthz answer.")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe."""

    anchors: Path = _key(Path("anchors"), "Directory of CA certificates (PEM or DER) that end every path.")
    intermediates: Path | None = _key(None, "Directory of further CA certificates, used to build paths.")
    white_list_url: str = _key("", "Where the signed white list is fetched (https), or empty.")
    white_list_file: Path | None = _key(None, "A white list read from a file instead.")
    white_list_ca: Path | None = _key(None, "CA bundle for that HTTPS server, PEM; empty: the anchors.")
    white_list_signer: str = _key("", "Who signs the list: CN=… or mail=… that its certificate must carry.")
    white_list_refresh_seconds: int = _key(3_600, "How often the list is fetched.")
    white_list_ageing_days: int = _key(3, "A list generated longer ago is reported as ageing.")
    white_list_stale_days: int = _key(14, "A list generated longer ago is not used: mail from peers gets 451.")
    white_list_max_loss_percent: int = _key(20, "A list that loses more of its domains waits for confirmation.")
    crl_urls: tuple[str, ...] = _key((), "Where revocation lists are fetched ahead of time (http, https or file).")
    crl_refresh_seconds: int = _key(3_600, "How often revocation lists are fetched.")
    revocation: RevocationMode = _key(RevocationMode.HARD, "hard, soft or off: what a missing list means.")
    min_rsa_bits: int = _key(2_048, "Smallest RSA key believed.")
    allow_sha1: bool = _key(False, "Believe SHA-1 signatures (never in production).")


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that examine hostile bytes."""

    count: int = _key(2, "How many.")
    deadline_seconds: int = _key(30, "One examination may take this long; then 451 and a new worker.")
    memory_megabytes: int = _key(1_024, "Address space of each worker.")


@dataclass(frozen=True, slots=True)
class Queue:
    """Mail on its way to peers."""

    retry_seconds: tuple[int, ...] = _key(
        (60, 300, 900, 1_800, 3_600, 7_200, 14_400), "Waiting times between attempts; the last repeats."
    )
    give_up_seconds: int = _key(432_000, "Undeliverable after this: the sender gets a delivery report.")
    lease_seconds: int = _key(600, "A dispatcher that dies frees its items after this.")
    max_concurrent: int = _key(16, "Deliveries at a time.")
    connect_timeout_seconds: int = _key(30, "For connecting and the greeting.")
    command_timeout_seconds: int = _key(300, "For each reply of a peer (RFC 5321 §4.5.3.2).")


@dataclass(frozen=True, slots=True)
class Login:
    """Sign-in of clients."""

    max_failures: int = _key(5, "Failed attempts of one connection before it is closed.")
    failure_delay_seconds: int = _key(1, "Each failed attempt is answered after this.")


@dataclass(frozen=True, slots=True)
class Documents:
    """Health documents in mail from peers."""

    mark: bool = _key(True, "Read them, and mark messages with keywords before anybody sees them.")
    mark_untrusted: bool = _key(False, "Mark also what smime = verify or off lets pass without a trusted signature.")
    test_space: bool = _key(False, "Test and demonstration identities (INS) count as qualified.")
    neutral_loinc: tuple[str, ...] = _key(NEUTRAL_CODES, "Results without alarm: blood groups, immunity.")
    deadline_seconds: int = _key(2, "Reading the documents of one message may take this long; then: unreadable.")
    memory_megabytes: int = _key(1_024, "Address space of the process that reads them.")


@dataclass(frozen=True, slots=True)
class Marking:
    """Which flags and keywords a message gets, for one recipient, one domain, or *."""

    recipient: str = _required("An address, a domain, or * for all others; the closest one counts.")
    critical: tuple[str, ...] = _key(("$label1", "\\Flagged", "$Important", "$MssCritical"), "A critical result.")
    abnormal: tuple[str, ...] = _key(("$label1", "$MssAbnormal"), "An abnormal result.")
    unreadable: tuple[str, ...] = _key(("$label5", "$MssUnreadable"), "Unreadable or contradictory: look yourself.")
    document: tuple[str, ...] = _key(("$MssDocument",), "Any health document.")


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain whose accounts we hold."""

    name: str = _required("The domain.")
    smime: SmimeMode = _key(SmimeMode.REQUIRE, "require, verify or off: what is asked of mail from peers.")
    accept_encrypted: bool = _key(False, "Take encrypted mail without an outer signature under smime = require.")


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for a domain goes, instead of its MX."""

    domain: str = _required("The domain, or * for all others.")
    host: str = _required("The peer's server.")
    port: int = _key(25, "Its port.")


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. ``file`` is where it was read, empty for the defaults."""

    server: Server = field(default_factory=Server)
    relay: Relay = field(default_factory=Relay)
    submission: Submission = field(default_factory=Submission)
    imap: Imap = field(default_factory=Imap)
    http: Http = field(default_factory=Http)
    trust: Trust = field(default_factory=Trust)
    workers: Workers = field(default_factory=Workers)
    queue: Queue = field(default_factory=Queue)
    login: Login = field(default_factory=Login)
    documents: Documents = field(default_factory=Documents)
    marking: tuple[Marking, ...] = ()
    domain: tuple[Domain, ...] = ()
    route: tuple[Route, ...] = ()
    file: Path | None = None

    def find_domain(self, name: str) -> Domain | None:
        """Our own domain of this name."""
        return next((domain for domain in self.domain if domain.name == name), None)

    def find_marking(self, recipient: Address) -> Marking:
        """The marks of this account: its own, its domain's, everybody's, or the usual ones."""
        rows = {row.recipient.lower(): row for row in self.marking}
        names = (str(recipient).lower(), recipient.domain, "*")
        return next((rows[name] for name in names if name in rows), Marking("*"))


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file; paths in it become absolute. Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), file=str(path)) from error
    return parse_settings(tree, text, path)


def parse_settings(tree: Mapping[str, Any], text: str, path: Path) -> Settings:
    """The settings from a parsed TOML tree; ``text`` is only used to name lines."""
    source = _Source(text, path)
    values: dict[str, Any] = {"file": path}
    known = {f.name: f for f in fields(Settings) if f.name != "file"}
    for table, content in tree.items():
        if table not in known:
            raise source.fault("unknown table" if isinstance(content, dict | list) else "unknown key", table)
    for table in known:
        values[table] = _read_table(table, tree.get(table, [] if table in _ARRAYS else {}), source)
    return Settings(**values)


@dataclass(frozen=True, slots=True)
class _Source:
    """The file being read: makes faults with the line of a key."""

    text: str
    path: Path

    def fault(self, reason: str, table: str, key: str = "") -> ConfigError:
        name = f"{table}.{key}" if key else table
        line = self._find_line(table, key) or self._find_line(table, "")
        return ConfigError(reason, file=str(self.path), line=line, key=name)

    def _find_line(self, table: str, key: str) -> int | None:
        current = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[+\s*\"?([^\]\"]+?)\"?\s*\]+", line)
            if header:
                current = header[1]
                if not key and current == table:
                    return number
            wanted = key or table
            if current == (table if key else "") and re.match(rf"\s*\"?{re.escape(wanted)}\"?\s*=", line):
                return number
        return None


_ARRAYS: dict[str, type] = {"marking": Marking, "domain": Domain, "route": Route}
_TABLES: dict[str, type] = {
    f.name: typing.cast(type, f.type) for f in fields(Settings) if f.name not in {*_ARRAYS, "file"}
}


def _read_table(table: str, content: object, source: _Source) -> object:
    if table in _ARRAYS:
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise source.fault(f"write [[{table}]]", table)
        return tuple(_read_row(_ARRAYS[table], table, row, source) for row in content)
    if not isinstance(content, dict):
        raise source.fault(f"write [{table}]", table)
    return _read_row(_TABLES[table], table, content, source)


def _read_row(kind: type, table: str, row: Mapping[str, object], source: _Source) -> object:
    known = {f.name: f for f in fields(kind)}
    values: dict[str, object] = {}
    for key, value in row.items():
        if key not in known:
            raise source.fault("unknown key", table, key)
        try:
            values[key] = _convert(typing.get_type_hints(kind)[key], value, source.path)
            if kind is Domain and key == "name":
                values[key] = normalise_domain(str(value))
        except (ValueError, TypeError, BadSyntax) as error:
            raise source.fault(str(error), table, key) from error
    for name, f in known.items():
        if name not in values and f.default is MISSING:
            raise source.fault("is missing", table, name)
        if name not in values and isinstance(f.default, Path):
            values[name] = source.path.parent.absolute() / f.default
    return kind(**values)


def _convert(hint: Any, value: object, path: Path) -> object:  # noqa: ANN401 - a type hint is no type
    if isinstance(hint, types.UnionType):
        return None if value == "" else _convert(hint.__args__[0], value, path)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise TypeError("a list is wanted")
        return tuple(_convert(typing.get_args(hint)[0], item, path) for item in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        allowed = [member.value for member in hint]
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)} is wanted, not {value!r}")
        return hint(value)
    return _CONVERTERS[hint](value, path)


def _expect(kind: type, word: str) -> Callable[[object, Path], object]:
    def check(value: object, _path: Path) -> object:
        if type(value) is not kind:
            raise TypeError(f"{word} is wanted, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise ValueError("a number below zero makes no sense here")
        return value

    return check


_CONVERTERS: dict[type, Callable[[object, Path], object]] = {
    int: _expect(int, "a whole number"),
    str: _expect(str, "text in quotes"),
    bool: _expect(bool, "true or false"),
    Path: lambda value, path: path.parent.absolute() / str(value),
    Endpoint: lambda value, _path: parse_endpoint(str(value)),
}


def encode_settings(settings: Settings) -> str:
    """The commented TOML text of these settings: every key, its meaning above it."""
    blocks = [_encode_row(f"[{name}]", getattr(settings, name)) for name in _TABLES]
    for name in _ARRAYS:
        blocks.extend(_encode_row(f"[[{name}]]", row) for row in getattr(settings, name))
    return "\n".join(blocks)


def _encode_row(header: str, row: object) -> str:
    if not is_dataclass(row):
        raise TypeError("a table of the settings is a dataclass")
    lines = [f"# {(row.__doc__ or '').strip()}", header]
    for f in fields(row):
        lines += [f"# {f.metadata['doc']}", f"{f.name} = {_encode_value(getattr(row, f.name))}"]
    return "\n".join(lines) + "\n"


def _encode_value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case None:
            return '""'
        case tuple():
            return "[" + ", ".join(_encode_value(item) for item in value) + "]"
        case Enum():
            return _encode_value(value.value)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def list_keys() -> list[tuple[str, Field[Any]]]:
    """Every (table, field) there is, for documentation and tests."""
    rows = {**_TABLES, **_ARRAYS}
    return [(table, f) for table, kind in rows.items() for f in fields(kind)]
