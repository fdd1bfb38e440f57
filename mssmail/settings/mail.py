"""The domains we hold, and mail on its way to others."""

from dataclasses import dataclass

from mssmail.core.endpoint import Endpoint
from mssmail.core.modes import SmimeMode, TlsFloor
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
    lease_seconds: int = setting(600, "What a server had in hand when it died is taken up again by others after this.")
    set_aside_after: int = setting(3, "An item is held for people when the server died on it so often in a row.")
    max_concurrent: int = setting(128, "Sessions with peers at a time.")
    max_per_domain: int = setting(4, "Sessions at a time with the servers of one domain.")
    max_in_hand: int = setting(64, "Items of one domain under way at a time; one at first when it was unreachable.")
    connect_timeout_seconds: int = setting(30, "For connecting and the greeting.")
    command_timeout_seconds: int = setting(300, "For each reply of a peer (RFC 5321 §4.5.3.2).")
    dns_servers: tuple[Endpoint, ...] = setting((), "Name servers asked for MX instead of the system's, as host:port.")


@dataclass(frozen=True, slots=True)
class Lists:
    """Distribution lists: how fast their messages go out."""

    max_waiting: int = setting(500, "Members of all lists in the queue at a time; the others wait in their own table.")
    max_waiting_per_domain: int = setting(100, "The same of one domain: a slow peer holds up its own members only.")
    page_members: int = setting(200, "Members written down or queued in one transaction.")


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain whose accounts we hold."""

    name: str = required("The domain.")
    smime: SmimeMode = setting(
        SmimeMode.REQUIRE,
        "require: peers' mail bears a signature we believe; verify: what bears none, or one we do not believe, passes "
        "with its verdict; off: nobody looks.",
    )
    accept_encrypted: bool = setting(False, "Take encrypted mail without an outer signature under smime = require.")
    max_message_bytes: int = setting(
        0, "Largest message for its accounts (552 5.3.4 beyond), where it is less than the listener's; 0: no less."
    )
    detail_separator: str = setting(
        "+", "anne+labo@ is anne@ (RFC 5233) unless it is an address of its own; empty: no details."
    )


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for a domain goes, instead of its MX."""

    domain: str = required("The domain, or * for all others.")
    host: str = required("The peer's server.")
    port: int = setting(25, "Its port.")
    further: tuple[Endpoint, ...] = setting((), "More servers, host:port each, tried in this order after it.")
    min_tls: TlsFloor = setting(TlsFloor.TLS12, "TLSv1.2 or TLSv1.3: mail waits for a server that speaks less.")
    max_message_bytes: int = setting(
        0, "Largest message it takes: a client is told at once (552 5.3.4); 0: as its server announced last."
    )

    @property
    def servers(self) -> tuple[Endpoint, ...]:
        """All of them, in the order they are tried."""
        return (Endpoint(self.host, self.port), *self.further)
