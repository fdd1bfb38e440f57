"""The situations an operator is audited in: peers that are right, and peers that are wrong in one way each.

Modelled on the test domains the French trust space's own list carries: a valid peer, and peers whose certificate is
another's, differs in its CN, has expired, is revoked, comes from a foreign CA, or who offer no STARTTLS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from mssmail.lab.layout import HOST, Lab
from mssmail.lab.pki import Authority, Credential, Profile, build_subject, describe_subject
from mssmail.settings import Route

_FIRST_PORT = 260  # above the lab's port base
_UNIT, _STATE = "1990000077", "Paris (75)"


@dataclass(frozen=True, slots=True)
class Situation:
    """A peer of the audit. ``is_fit``: mail passes in both directions. ``offers_tls``: its server knows STARTTLS."""

    label: str
    meaning: str
    is_fit: bool = False
    offers_tls: bool = True

    @property
    def domain(self) -> str:
        """The domain it is listed for."""
        return f"{self.label}.audit.test"

    @property
    def scenario(self) -> str:
        """The name of its certificate among the lab's scenarios."""
        return f"audit_{self.label}"


SITUATIONS = (
    Situation("cert-valide", "control: everything is right", is_fit=True),
    Situation("tests-operateur", "control: a second name is listed for the domain", is_fit=True),
    Situation("cert-no-match", "shows the certificate of another member"),
    Situation("cert-cn-diff-dn", "its CN is not the listed one"),
    Situation("cert-expire", "its certificate has expired"),
    Situation("cert-revoque", "its certificate is revoked"),
    Situation("cert-non-igc", "the listed subject, from a foreign CA"),
    Situation("sans-tls", "offers no STARTTLS", offers_tls=False),
)


def find_port(lab: Lab, situation: Situation) -> int:
    """Where the stranger's server for this situation listens, while it does."""
    return lab.port_base + _FIRST_PORT + SITUATIONS.index(situation)


def build_routes(lab: Lab) -> list[Route]:
    """How operators reach the audit's domains."""
    return [Route(each.domain, HOST, find_port(lab, each)) for each in SITUATIONS]


def build_listed_name(situation: Situation) -> x509.Name:
    """The name the white list holds for the domain."""
    return build_subject(f"mss.{situation.domain}", "AUDIT DE L'ESPACE DE CONFIANCE", _UNIT, _STATE)


def list_entries() -> list[tuple[str, str]]:
    """(domain, listed name) of every situation; one of them has two names."""
    entries = [(each.domain, describe_subject(build_listed_name(each))) for each in SITUATIONS]
    spare = build_subject("mss2.tests-operateur.audit.test", "AUDIT DE L'ESPACE DE CONFIANCE", _UNIT, _STATE)
    return [*entries, (SITUATIONS[1].domain, describe_subject(spare))]


def build_credentials(issuing: Authority, foreign: Authority, now: datetime) -> Mapping[str, tuple[Credential, str]]:
    """What each peer shows, by scenario name, with its meaning. The revoked one is revoked here."""
    made = {each.scenario: (_build_credential(each, issuing, foreign, now), each.meaning) for each in SITUATIONS}
    issuing.revoke(made["audit_cert-revoque"][0].certificate, now - timedelta(minutes=1))
    return made


def _build_credential(situation: Situation, issuing: Authority, foreign: Authority, now: datetime) -> Credential:
    listed, hosts = build_listed_name(situation), ("localhost", HOST)
    match situation.label:
        case "cert-no-match":
            other = build_subject("mss.etranger.test", "CLINIQUE ETRANGERE", "1990000099", "Nord (59)")
            return issuing.issue(Profile.OPERATOR, other, now, hosts=hosts)
        case "cert-cn-diff-dn":
            return issuing.issue(Profile.OPERATOR, _rename(listed, "autre.audit.test"), now, hosts=hosts)
        case "cert-expire":
            return issuing.issue(Profile.OPERATOR, listed, now, hosts=hosts, valid=timedelta(days=-10))
        case "cert-non-igc":
            return foreign.issue(Profile.OPERATOR, listed, now, hosts=hosts)
        case "tests-operateur":
            return issuing.issue(Profile.OPERATOR, _rename(listed, "mss2.tests-operateur.audit.test"), now, hosts=hosts)
        case _:
            return issuing.issue(Profile.OPERATOR, listed, now, hosts=hosts)


def _rename(name: x509.Name, common_name: str) -> x509.Name:
    kept = [attribute for attribute in name if attribute.oid != NameOID.COMMON_NAME]
    return x509.Name([*kept, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
