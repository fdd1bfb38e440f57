"""Handing health documents over to the software that files them."""

from dataclasses import dataclass
from pathlib import Path

from mssmail.settings.meaning import required, setting


@dataclass(frozen=True, slots=True)
class Connector:
    """Where fileable documents of trusted mail to APP and ORG accounts go: into a directory, or to an HTTP endpoint."""

    name: str = required("What lists and the journal call it.")
    recipient: str = required("Whose mail: an address, a domain, or * for all others; the closest one counts.")
    directory: Path | None = setting(None, "A directory that gets one folder a message, in one step.")
    url: str = setting("", "Or an endpoint (https, or http on this machine) that gets each message by POST.")
    secret: Path | None = setting(None, "File with the key that signs requests (HMAC-SHA256), 16 octets at least.")
    ca: Path | None = setting(None, "CA bundle for the endpoint, PEM; empty: the system's.")
    timeout_seconds: int = setting(30, "For one request, connecting and answer included.")
    retry_seconds: tuple[int, ...] = setting(
        (10, 60, 300, 900, 3_600), "Waiting times between attempts; the last repeats."
    )
    give_up_seconds: int = setting(259_200, "After this a delivery waits as a dead letter: mssmail connector list.")
    max_concurrent: int = setting(4, "Deliveries at a time; of one patient always one after another.")
