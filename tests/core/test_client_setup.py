"""Records of a domain."""

from mssmail.core.client_setup import ClientSetup, DnsRecord, list_records
from mssmail.core.endpoint import Endpoint


def test_every_service_has_its_record_and_what_is_not_offered_says_so() -> None:
    setup = ClientSetup(
        imap_tls=Endpoint("mail.a.test", 993),
        submission_tls=Endpoint("mail.a.test", 465),
        submission=Endpoint("mail.a.test", 587),
        web=Endpoint("mail.a.test", 443),
    )
    assert [str(record) for record in list_records("a.test", "mss.a.test", setup)] == [
        "a.test. 3600 IN MX 10 mss.a.test.",
        "_imaps._tcp.a.test. 3600 IN SRV 0 1 993 mail.a.test.",
        "_submissions._tcp.a.test. 3600 IN SRV 0 1 465 mail.a.test.",
        "_submission._tcp.a.test. 3600 IN SRV 10 1 587 mail.a.test.",
        "_imap._tcp.a.test. 3600 IN SRV 0 0 0 .",
        "_pop3._tcp.a.test. 3600 IN SRV 0 0 0 .",
        "_pop3s._tcp.a.test. 3600 IN SRV 0 0 0 .",
        "autoconfig.a.test. 3600 IN CNAME mail.a.test.",
    ]


def test_without_the_web_there_is_no_autoconfig() -> None:
    records = list_records("a.test", "mss.a.test", ClientSetup())
    assert records[0] == DnsRecord("a.test", "MX", "10 mss.a.test.")
    assert {record.value for record in records[1:]} == {"0 0 0 ."}
