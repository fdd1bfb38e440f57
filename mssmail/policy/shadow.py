"""Rules in shadow: they say what they would refuse, and never change an answer.

A decision that can be made so is written as a series of refusals in order, with an Accept at its end; ``settle`` takes
the first that counts. Refusals of rules in shadow are passed over and handed back, for log, journal and metrics.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mssmail.core.appearance import Oddity
from mssmail.core.decision import Decision, Refuse

SHADOWABLE: Final = frozenset(
    {
        # policy.sender: mail from peers
        "peer-revoked",
        "peer-revocation-unknown",
        "peer-not-listed",
        "sender-domain-not-listed",
        "sender-not-listed-for-peer",
        # policy.recipient
        "too-many-recipients",
        # policy.content
        "altered",
        "undetermined",
        "several-authors",
        "author-domain-not-listed",
        "unsigned",
        "encrypted",
        "untrusted",
        "author-not-listed-for-peer",
        "sender-field-not-listed-for-peer",
        *(oddity.value for oddity in Oddity),
        # policy.patient: from peers and from clients; the rest of a client's message is weighed by names above
        "patient-address",
        "patient-to-patient",
        "several-patients",
        "too-big-for-patient",
        "patient-first",
        "patient-no-thread",
        "exchange-closed",
        # policy.declared
        "x-mss-inconsistent",
        # policy.peer: mail to peers
        "peer-below-tls-floor",
        "peer-not-listed-for-domain",  # with peer-revoked and peer-revocation-unknown, named above
    }
)
"""Rules without which the rest can still be judged, in mail of peers and of clients alike. The others are what the rest
stands on: TLS, a certificate, a white list that is not stale, an account that exists, who is signed in and writes as
whom."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer, and what rules in shadow would have answered instead, in order."""

    decision: Decision
    passed: tuple[Refuse, ...] = ()


def settle(series: Iterable[Decision | None], shadow: frozenset[str] = frozenset()) -> Settled:
    """The first of the series that is no refusal of a rule in shadow; None says nothing."""
    passed: list[Refuse] = []
    for decision in series:
        if decision is None:
            continue
        if isinstance(decision, Refuse) and decision.rule in shadow & SHADOWABLE:
            passed.append(decision)
            continue
        return Settled(decision, tuple(passed))
    raise ValueError("a series of decisions ends in one that counts")


def find_strangers(rules: Iterable[str]) -> tuple[str, ...]:
    """Those that name no rule which can be in shadow."""
    return tuple(sorted(set(rules) - SHADOWABLE))
