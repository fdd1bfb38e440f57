"""What we listen on: peers, our own clients, machines of this host."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from mssmail.core.endpoint import Endpoint
from mssmail.core.modes import SignWith
from mssmail.settings.meaning import required, setting


@dataclass(frozen=True, slots=True)
class Relay:
    """Mail from other operators."""

    listen: Endpoint | None = setting(
        Endpoint("127.0.0.1", 25), "Where peers deliver (STARTTLS with client certificate)."
    )
    certificate: Path = setting(Path("operator.crt"), "Our operator certificate with its intermediates, PEM.")
    key: Path = setting(Path("operator.key"), "Its private key, PEM.")
    max_message_bytes: int = setting(52_428_800, "Largest message taken (552 5.3.4 beyond), announced as SIZE.")
    max_recipients: int = setting(
        1_000, "Recipients of one message (452 4.5.3 beyond), announced as RCPTMAX (RFC 9422)."
    )
    max_messages_per_connection: int = setting(
        1_000, "Messages over one connection (421 beyond), announced as MAILMAX (RFC 9422)."
    )
    max_connections: int = setting(512, "Connections at a time (421 beyond).")
    max_connections_per_address: int = setting(64, "Connections at a time from one address (421 beyond).")
    max_inflight_bytes: int = setting(
        268_435_456, "Octets of messages being received or examined at a time (452 beyond)."
    )
    command_timeout_seconds: int = setting(300, "A silent peer is disconnected after this (RFC 5321 §4.5.3.2).")
    data_timeout_seconds: int = setting(1_800, "The whole of one message, by DATA or BDAT, may take this long.")


@dataclass(frozen=True, slots=True)
class Submission:
    """Mail from our own clients."""

    listen: Endpoint | None = setting(Endpoint("127.0.0.1", 587), "Submission with STARTTLS (RFC 6409).")
    listen_tls: Endpoint | None = setting(Endpoint("127.0.0.1", 465), "Submission over implicit TLS (RFC 8314 §3.3).")
    certificate: Path = setting(Path("operator.crt"), "Certificate shown to clients, PEM.")
    key: Path = setting(Path("operator.key"), "Its private key, PEM.")
    sign_with: SignWith = setting(
        SignWith.ACCOUNT,
        "Whose key signs what comes unsigned: account (the organisation's, where it has none), organisation or none.",
    )
    sign_with_pss: bool = setting(
        False,
        "RSA keys sign with RSASSA-PSS (RFC 4056) instead of PKCS #1 v1.5; ECDSA and Ed25519 keys are as they are.",
    )
    max_message_bytes: int = setting(
        52_428_800, "Largest message taken from a client (552 5.3.4 beyond), announced as SIZE."
    )
    max_recipients: int = setting(
        1_000, "Recipients of one message (452 4.5.3 beyond), announced as RCPTMAX (RFC 9422)."
    )
    max_messages_per_connection: int = setting(
        1_000, "Messages over one connection (421 beyond), announced as MAILMAX (RFC 9422)."
    )
    max_connections: int = setting(1_024, "Connections at a time (421 beyond).")
    max_connections_per_address: int = setting(
        256, "Connections at a time from one address (421 beyond); a whole hospital may share one."
    )
    max_inflight_bytes: int = setting(
        268_435_456, "Octets of messages being received or examined at a time (452 beyond)."
    )
    command_timeout_seconds: int = setting(300, "A silent client is disconnected after this (RFC 5321 §4.5.3.2).")
    data_timeout_seconds: int = setting(1_800, "The whole of one message, by DATA or BDAT, may take this long.")


@dataclass(frozen=True, slots=True)
class Imap:
    """Mailboxes for our clients."""

    listen: Endpoint | None = setting(Endpoint("127.0.0.1", 143), "IMAP with STARTTLS.")
    listen_tls: Endpoint | None = setting(Endpoint("127.0.0.1", 993), "IMAP over implicit TLS (RFC 8314 §3.2).")
    certificate: Path = setting(Path("operator.crt"), "Certificate shown to clients, PEM.")
    key: Path = setting(Path("operator.key"), "Its private key, PEM.")
    max_connections: int = setting(1_024, "Connections at a time.")
    max_connections_per_address: int = setting(128, "Connections at a time from one address (BYE beyond).")
    max_connections_per_account: int = setting(
        64, "Connections at a time signed in to one account (NO [LIMIT] beyond)."
    )
    max_literal_bytes: int = setting(52_428_800, "Largest literal, and so the largest APPEND.")
    max_inflight_bytes: int = setting(268_435_456, "Octets of commands being received at a time (BYE beyond).")
    smime_keywords: bool = setting(
        False, "Deliver mail with $SMIMEValid or $SMIMEInvalid, our verdict; clients can never set or clear these."
    )
    time_zone: tzinfo = setting(
        UTC, "Zone of INTERNALDATE, and of the days that SEARCH BEFORE, ON and SINCE count: such as Europe/Paris."
    )
    admin_uri: str = setting(
        "",
        "Where users reach the administrators (mailto:, tel: or https:); clients may ask (RFC 5464, /shared/admin).",
    )
    comment: str = setting("", "A word to all users, which clients may ask (RFC 5464, /shared/comment).")
    idle_timeout_seconds: int = setting(1_860, "A silent client is signed out after this (RFC 9051 §5.4: 30 minutes).")


@dataclass(frozen=True, slots=True)
class Http:
    """Metrics and health, for machines on this host."""

    listen: Endpoint | None = setting(Endpoint("127.0.0.1", 8025), "Where /metrics and /healthz answer.")


@dataclass(frozen=True, slots=True)
class Login:
    """Sign-in of clients."""

    max_failures: int = setting(5, "Failed attempts of one connection before it is closed.")
    max_failures_per_account: int = setting(
        20, "Failed attempts on one account from one network address; beyond, none is looked at for a while."
    )
    max_failures_per_address: int = setting(
        50,
        "Failed attempts on all accounts from one address, at most five counted for each account; beyond, only those "
        "who signed in from there before may try.",
    )
    failure_window_seconds: int = setting(900, "Failed attempts are forgotten after this.")
    failure_delay_seconds: int = setting(1, "Each failed attempt is answered after this.")


@dataclass(frozen=True, slots=True)
class Setup:
    """Mail programs set themselves up: Mozilla's autoconfig and Apple's profiles, over HTTPS."""

    listen: Endpoint | None = setting(None, "Where they ask: autoconfig.<domain>, port 443, leads here. Empty: off.")
    certificate: Path = setting(Path("operator.crt"), "Certificate shown there, PEM.")
    key: Path = setting(Path("operator.key"), "Its private key, PEM.")
    host: str = setting("", "Name that mail programs connect to; empty: server.name.")
    imap_tls_port: int = setting(0, "Port of IMAP over implicit TLS from outside; 0: that of imap.listen_tls.")
    imap_port: int = setting(0, "Port of IMAP with STARTTLS from outside; 0: that of imap.listen.")
    submission_tls_port: int = setting(0, "Port of submission over implicit TLS; 0: that of submission.listen_tls.")
    submission_port: int = setting(0, "Port of submission with STARTTLS; 0: that of submission.listen.")


@dataclass(frozen=True, slots=True)
class Hide:
    """Capabilities that some IMAP clients or accounts do not see: a way round a client's fault."""

    capabilities: tuple[str, ...] = required("Names as CAPABILITY shows them; QRESYNC, or THREAD for all of THREAD=….")
    client: str = setting("*", "Who the client says it is: a pattern with * over its name and version (RFC 2971).")
    account: str = setting("*", "An address, a domain, or * for all.")
