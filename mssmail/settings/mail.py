"""The domains we hold, and mail on its way to others."""

from dataclasses import dataclass

from mssmail.core.modes import SmimeMode
from mssmail.settings.meaning import required, setting


@dataclass(frozen=True, slots=True)
class Queue:
    """Mail on its way to peers."""

    retry_seconds: tuple[int, ...] = setting(
        (60, 300, 900, 1_800, 3_600, 7_200, 14_400), "Waiting times between attempts; the last repeats."
    )
    give_up_seconds: int = setting(432_000, "Undeliverable after this: the sender gets a delivery report.")
    delay_report_seconds: tuple[int, ...] = setting(
        (14_400,), "While mail waits, its sender is told after these times (unless NOTIFY forbids); empty: never."
    )
    max_returned_bytes: int = setting(
        1_048_576, "A failure report returns messages up to this size whole when RET=FULL asks for it, else the header."
    )
    lease_seconds: int = setting(600, "A dispatcher that dies frees its items after this.")
    max_concurrent: int = setting(16, "Deliveries at a time.")
    connect_timeout_seconds: int = setting(30, "For connecting and the greeting.")
    command_timeout_seconds: int = setting(300, "For each reply of a peer (RFC 5321 §4.5.3.2).")


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain whose accounts we hold."""

    name: str = required("The domain.")
    smime: SmimeMode = setting(SmimeMode.REQUIRE, "require, verify or off: what is asked of mail from peers.")
    accept_encrypted: bool = setting(False, "Take encrypted mail without an outer signature under smime = require.")
    detail_separator: str = setting(
        "+", "anne+labo@ is anne@ (RFC 5233) unless it is an address of its own; empty: no details."
    )


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for a domain goes, instead of its MX."""

    domain: str = required("The domain, or * for all others.")
    host: str = required("The peer's server.")
    port: int = setting(25, "Its port.")
