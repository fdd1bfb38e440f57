"""The whole of the configuration."""

from collections.abc import Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from mssmail.core.address import Address
from mssmail.core.modes import LogFormat
from mssmail.settings.connectors import Connector
from mssmail.settings.documents import Documents, Marking
from mssmail.settings.listeners import Hide, Http, Imap, Login, Relay, Setup, Submission
from mssmail.settings.mail import Domain, Lists, Queue, Route
from mssmail.settings.meaning import setting
from mssmail.settings.patient import Patient
from mssmail.settings.policy import Policy
from mssmail.settings.receipts import Receipts
from mssmail.settings.trust import Trust, Workers

Row = TypeVar("Row", Marking, Connector)


@dataclass(frozen=True, slots=True)
class Server:
    """The program as a whole."""

    name: str = setting("localhost", "Host name: EHLO, Received, and authserv-id of our verdicts (RFC 8601 §2.5).")
    store: Path = setting(Path("store"), "Directory of the store: database, large bodies, last good trust data.")
    keys: Path = setting(
        Path("keys"), "Directory of signing keys, one PEM file with key and certificates per address: <address>.pem."
    )
    log_format: LogFormat = setting(LogFormat.TEXT, "Log lines as text for people or as json for machines.")
    log_level: str = setting("info", "debug, info, warning or error.")
    postmaster: str = setting("", "Author of delivery reports; empty: postmaster@ the sender's domain.")


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. ``file`` is where it was read, empty for the defaults."""

    server: Server = field(default_factory=Server)
    relay: Relay = field(default_factory=Relay)
    submission: Submission = field(default_factory=Submission)
    imap: Imap = field(default_factory=Imap)
    http: Http = field(default_factory=Http)
    setup: Setup = field(default_factory=Setup)
    trust: Trust = field(default_factory=Trust)
    policy: Policy = field(default_factory=Policy)
    workers: Workers = field(default_factory=Workers)
    queue: Queue = field(default_factory=Queue)
    lists: Lists = field(default_factory=Lists)
    login: Login = field(default_factory=Login)
    documents: Documents = field(default_factory=Documents)
    receipts: Receipts = field(default_factory=Receipts)
    patient: Patient = field(default_factory=Patient)
    hide: tuple[Hide, ...] = ()
    marking: tuple[Marking, ...] = ()
    connector: tuple[Connector, ...] = ()
    domain: tuple[Domain, ...] = ()
    route: tuple[Route, ...] = ()
    file: Path | None = None

    def find_domain(self, name: str) -> Domain | None:
        """Our own domain of this name."""
        for domain in self.domain:
            if domain.name == name:
                return domain
        return None

    def find_marking(self, recipient: Address) -> Marking:
        """The marks of this account: its own, its domain's, everybody's, or the usual ones."""
        return _find_closest(self.marking, recipient) or Marking("*")

    def find_connector(self, recipient: Address) -> Connector | None:
        """Where documents for this account are handed to; None: nowhere."""
        return _find_closest(self.connector, recipient)


def _find_closest(rows: Sequence[Row], recipient: Address) -> Row | None:
    """The account's own row, else its domain's, else everybody's."""
    named = {row.recipient.lower(): row for row in rows}
    names = (str(recipient).lower(), recipient.domain, "*")
    return next((named[name] for name in names if name in named), None)


ARRAYS: dict[str, type] = {"hide": Hide, "marking": Marking, "connector": Connector, "domain": Domain, "route": Route}
TABLES: dict[str, type] = {f.name: cast("type", f.type) for f in fields(Settings) if f.name not in {*ARRAYS, "file"}}


def list_keys() -> list[tuple[str, Field[Any]]]:
    """Every (table, field) there is, for documentation and tests."""
    rows = {**TABLES, **ARRAYS}
    return [(table, f) for table, kind in rows.items() for f in fields(kind)]
