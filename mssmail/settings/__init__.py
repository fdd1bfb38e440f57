"""The configuration: every key with its default and its meaning, read strictly.

One dataclass per table of the TOML file. A key nobody knows, a wrong type or a value that cannot be ends in a
ConfigError that names file, line and key. ``encode_settings`` writes the commented file that ``mssmail init`` leaves;
relative paths are relative to the configuration file.
"""

from mssmail.core.endpoint import Endpoint, parse_endpoint
from mssmail.core.modes import LogFormat, RevocationMode, SignWith, SmimeMode, TlsFloor
from mssmail.settings.connectors import Connector
from mssmail.settings.documents import Documents, Marking
from mssmail.settings.listeners import Hide, Http, Imap, Login, Relay, Setup, Submission
from mssmail.settings.mail import Domain, Lists, Queue, Route
from mssmail.settings.patient import Patient
from mssmail.settings.policy import Policy
from mssmail.settings.reading import load_settings, parse_settings
from mssmail.settings.receipts import Receipts
from mssmail.settings.tree import Server, Settings, list_keys
from mssmail.settings.trust import Trust, Workers
from mssmail.settings.writing import encode_settings

__all__ = [
    "Connector",
    "Documents",
    "Domain",
    "Endpoint",
    "Hide",
    "Http",
    "Imap",
    "Lists",
    "LogFormat",
    "Login",
    "Marking",
    "Patient",
    "Policy",
    "Queue",
    "Receipts",
    "Relay",
    "RevocationMode",
    "Route",
    "Server",
    "Settings",
    "Setup",
    "SignWith",
    "SmimeMode",
    "Submission",
    "TlsFloor",
    "Trust",
    "Workers",
    "encode_settings",
    "list_keys",
    "load_settings",
    "parse_endpoint",
    "parse_settings",
]
