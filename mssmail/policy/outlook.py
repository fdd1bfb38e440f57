"""What does a new white list mean for the peers we talk to?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from mssmail.core.names import DistinguishedName, encode_name
from mssmail.core.whitelist import WhiteList


class AlarmKind(Enum):
    """Why people should look."""

    LOSES = "loses-name"  # the certificate we see there is listed no more: mail will be refused
    GAINS = "gains-name"  # another certificate may speak for a domain we talk to, one never seen


@dataclass(frozen=True, slots=True)
class Contact:
    """A domain we exchange mail with, and the name in the certificate that spoke for it."""

    domain: str
    name: DistinguishedName


@dataclass(frozen=True, slots=True)
class Alarm:
    """One change that matters to us; ``name`` is the certificate's."""

    kind: AlarmKind
    domain: str
    name: DistinguishedName

    @property
    def text(self) -> str:
        """One sentence for people."""
        shown = encode_name(self.name)
        if self.kind is AlarmKind.LOSES:
            return f"{self.domain} loses the certificate name we see there: {shown}"
        return f"{self.domain} gains a certificate name never seen there: {shown}"


def find_alarms(contacts: Iterable[Contact], old: WhiteList | None, new: WhiteList) -> tuple[Alarm, ...]:
    """What changes between the lists for these contacts; a first list changes nothing."""
    if old is None:
        return ()
    known = sorted(set(contacts), key=lambda contact: (contact.domain, encode_name(contact.name)))
    return (*_find_losses(known, old, new), *_find_gains(known, old, new))


def _find_losses(contacts: list[Contact], old: WhiteList, new: WhiteList) -> Iterator[Alarm]:
    for contact in contacts:
        if old.may_speak(contact.name, contact.domain) and not new.may_speak(contact.name, contact.domain):
            yield Alarm(AlarmKind.LOSES, contact.domain, contact.name)


def _find_gains(contacts: list[Contact], old: WhiteList, new: WhiteList) -> Iterator[Alarm]:
    seen: dict[str, set[DistinguishedName]] = {}
    for contact in contacts:
        seen.setdefault(contact.domain, set()).add(contact.name)
    for domain, names in seen.items():
        gained = new.domains.get(domain, frozenset()) - old.domains.get(domain, frozenset()) - names
        for name in sorted(gained, key=encode_name):
            yield Alarm(AlarmKind.GAINS, domain, name)


def find_step(days_left: int, warning_days: int) -> int | None:
    """The last step of the countdown that a certificate has reached, in days; None while it has time.

    Each step is told once: at the warning, half way, and in the last days.
    """
    steps = sorted({warning_days, warning_days // 2, 7, 3, 1, 0, -1})
    return next((step for step in steps if days_left <= step <= warning_days), None)
