"""What a mail program must know to use an account here, and the DNS records that lead it there.

RFC 6186 and RFC 8314 §5.1 name the services; the MX record is for other operators.
"""

from dataclasses import dataclass

from mssmail.core.endpoint import Endpoint

_POP = ("_pop3._tcp", "_pop3s._tcp")  # RFC 6186 §3.4: a root target says that there is no such service
_TTL_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class ClientSetup:
    """Where clients connect, seen from outside. What is None is not offered; ``web`` tells the rest of this."""

    imap_tls: Endpoint | None = None
    imap: Endpoint | None = None  # with STARTTLS
    submission_tls: Endpoint | None = None
    submission: Endpoint | None = None  # with STARTTLS
    web: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record. Names are absolute, without the final dot; ``value`` as a zone file writes it."""

    name: str
    type: str  # MX, SRV or CNAME
    value: str

    def __str__(self) -> str:
        return f"{self.name}. {_TTL_SECONDS} IN {self.type} {self.value}"


def list_records(domain: str, mail_host: str, setup: ClientSetup) -> tuple[DnsRecord, ...]:
    """The records of a domain: where operators deliver, then where its accounts' mail programs connect."""
    services = (
        ("_imaps._tcp", setup.imap_tls, 0),
        ("_imap._tcp", setup.imap, 10),
        ("_submissions._tcp", setup.submission_tls, 0),
        ("_submission._tcp", setup.submission, 10),
    )
    offered = [
        DnsRecord(f"{service}.{domain}", "SRV", f"{priority} 1 {where.port} {where.host}.")
        for service, where, priority in services
        if where is not None
    ]
    missing = [DnsRecord(f"{service}.{domain}", "SRV", "0 0 0 .") for service, where, _ in services if where is None]
    missing += [DnsRecord(f"{service}.{domain}", "SRV", "0 0 0 .") for service in _POP]
    web = [] if setup.web is None else [DnsRecord(f"autoconfig.{domain}", "CNAME", f"{setup.web.host}.")]
    return (DnsRecord(domain, "MX", f"10 {mail_host}."), *offered, *missing, *web)
