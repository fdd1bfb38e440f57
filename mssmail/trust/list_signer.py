"""Who may sign the white list: a path to the anchors for that purpose, and a rule its certificate must meet.

The rule pins who, the anchors pin whose word for it; never the certificate itself, which is renewed every three years.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from mssmail.core.names import AttributeValue, parse_listed_name
from mssmail.core.reply import quote_text
from mssmail.core.verdict import Outcome
from mssmail.errors import BadSyntax, BadWhiteList
from mssmail.trust.certificate import describe_name, load_certificate, read_emails, read_name
from mssmail.trust.path import verify_path
from mssmail.trust.snapshot import TrustStore
from mssmail.trust.usage import Purpose

_MAIL: Final = "mail="


@dataclass(frozen=True, slots=True)
class SignerRule:
    """What the signer's certificate must carry: every attribute in its subject, or this e-mail address."""

    attributes: frozenset[AttributeValue] = frozenset()
    email: str = ""

    def is_met_by(self, certificate: x509.Certificate) -> bool:
        """Folded attributes are compared as the list's own names are; addresses without regard to ASCII case."""
        if self.email:
            return self.email in {email.lower() for email in read_emails(certificate)}
        return self.attributes <= frozenset().union(*read_name(certificate.subject).rdns)


_CERTIFICATE: Final = re.compile(rb"<(?:[A-Za-z]+:)?X509Certificate[^>]*>([^<]{1,20000})<")
_TAIL_BYTES: Final = 65_536


def find_signer_certificate(raw: bytes) -> bytes | None:
    """The certificate a list that was accepted carries, DER; to be shown, not to be believed by this."""
    found = _CERTIFICATE.search(raw[-_TAIL_BYTES:]) or _CERTIFICATE.search(raw)
    try:
        return None if found is None else base64.b64decode(found[1].replace(b"&#13;", b""))
    except ValueError:
        return None


def parse_signer_rule(text: str) -> SignerRule:
    """``CN=alb.mssante.fr`` (several attributes: all of them) or ``mail=alb@mssante.fr``; raises BadWhiteList."""
    rule = text.strip()
    if not rule:
        raise BadWhiteList("no rule says who signs the list: set white_list_signer (CN=… or mail=…)")
    if rule.lower().startswith(_MAIL):
        email = rule[len(_MAIL) :].strip().lower()
        if "@" not in email:
            raise BadWhiteList(f"the signer rule is no address: {quote_text(rule, 80)}")
        return SignerRule(email=email)
    try:
        return SignerRule(attributes=frozenset().union(*parse_listed_name(rule).rdns))
    except BadSyntax as error:
        raise BadWhiteList(f"the signer rule cannot be read: {error}") from error


def verify_list_signer(certificates: Sequence[bytes], store: TrustStore, rule: SignerRule | None, at: datetime) -> str:
    """The subject of the signer (the first certificate), believed at that moment; raises BadWhiteList.

    ``rule`` None asks for no rule. When only our own material is missing, the facts say so.
    """
    signer = _require_rule(certificates, rule)
    result = verify_path(certificates[0], certificates[1:], store, Purpose.LIST_SIGNER, at)
    if not result.is_trusted:
        is_doubt = result.outcome is Outcome.UNKNOWN
        raise BadWhiteList(
            f"the signer {signer} is not believed: {result.reason}",
            signer=signer,
            temporary=is_doubt,
            missing=result.missing,
        )
    return signer


def recheck_list_signer(
    certificates: Sequence[bytes], store: TrustStore, rule: SignerRule, *, accepted_at: datetime, now: datetime
) -> str:
    """The same for a list accepted earlier: as of then, doubt about revocation allowed, but not revoked by now."""
    signer = _require_rule(certificates, rule)
    leaf, extra = certificates[0], certificates[1:]
    then = verify_path(leaf, extra, store, Purpose.LIST_SIGNER, accepted_at)
    today = verify_path(leaf, extra, store, Purpose.LIST_SIGNER, now)
    for fact in (then.chain, then.dates, then.usage, today.chain, today.revocation):
        if fact.outcome is Outcome.FAILED:
            raise BadWhiteList(f"the signer {signer} is not believed any more: {fact.reason}", signer=signer)
    return signer


def _require_rule(certificates: Sequence[bytes], rule: SignerRule | None) -> str:
    certificate = load_certificate(certificates[0])
    signer = describe_name(certificate.subject)
    if rule is not None and not rule.is_met_by(certificate):
        raise BadWhiteList(f"the signer {signer} is not the one the signer rule asks for", signer=signer)
    return signer
