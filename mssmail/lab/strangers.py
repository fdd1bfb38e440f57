"""The servers our mail is handed to while sending is rehearsed: each right, or trying in one way.

Who they are stands here, for the lab's list, routes and certificates; how they behave, in ``check.peer_servers``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from mssmail.lab.layout import HOST, Lab
from mssmail.lab.pki import Authority, Credential, Profile, build_subject, describe_subject
from mssmail.settings import Endpoint, Route

_FIRST_PORT = 270  # above the lab's port base
_UNIT, _STATE = "1990000088", "Nord (59)"


@dataclass(frozen=True, slots=True)
class Stranger:
    """A peer's server. ``is_impostor``: it shows a certificate the list does not name for its domain."""

    label: str
    meaning: str
    offers_tls: bool = True
    is_impostor: bool = False

    @property
    def domain(self) -> str:
        """The domain it is listed for."""
        return f"{self.label}.sending.test"

    @property
    def scenario(self) -> str:
        """The name of its certificate among the lab's scenarios."""
        return f"sending_{self.label}"


STRANGERS = (
    Stranger("steady", "takes everything"),
    Stranger("busy", "answers 4xx for a while, then takes"),
    Stranger("dies", "dies in the middle of DATA, then takes"),
    Stranger("impostor", "shows the certificate of another", is_impostor=True),
    Stranger("stalls", "says nothing any more after MAIL"),
    Stranger("plain", "hides STARTTLS", offers_tls=False),
    Stranger("forgets", "takes the message and loses the connection before its 250"),
    Stranger("picky", "answers each recipient differently"),
    Stranger("asleep", "nobody listens"),
)
NO_MAIL = "no-mail.sending.test"
"""A listed domain without a route, whose MX says that it takes no mail (RFC 7505)."""


def find_name_server(lab: Lab) -> Endpoint:
    """Where the stranger answers questions of DNS, while it does; only about ``NO_MAIL``."""
    return Endpoint(HOST, lab.port_base + _FIRST_PORT + len(STRANGERS))


def find_stranger(label: str) -> Stranger:
    """The stranger of this label; StopIteration when there is none."""
    return next(each for each in STRANGERS if each.label == label)


def find_stranger_port(lab: Lab, stranger: Stranger) -> int:
    """Where it listens, while it does."""
    return lab.port_base + _FIRST_PORT + STRANGERS.index(stranger)


def build_routes(lab: Lab) -> list[Route]:
    """How operators reach them."""
    return [Route(each.domain, HOST, find_stranger_port(lab, each)) for each in STRANGERS]


def list_entries() -> list[tuple[str, str]]:
    """(domain, listed name) of each."""
    entries = [(each.domain, describe_subject(_build_name(each.domain))) for each in STRANGERS]
    return [*entries, (NO_MAIL, describe_subject(_build_name(NO_MAIL)))]


def build_credentials(issuing: Authority, now: datetime) -> Mapping[str, tuple[Credential, str]]:
    """What each shows, by scenario name, with its meaning."""
    return {
        each.scenario: (
            issuing.issue(
                Profile.OPERATOR,
                _build_name(f"other.{each.domain}" if each.is_impostor else each.domain),
                now,
                hosts=("localhost", HOST),
            ),
            each.meaning,
        )
        for each in STRANGERS
    }


def _build_name(domain: str) -> x509.Name:
    return build_subject(f"mss.{domain}", "ENVOIS DE L'ESPACE DE CONFIANCE", _UNIT, _STATE)
