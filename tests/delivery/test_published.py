"""What DNS says, asked over a real socket."""

import socket

import pytest

from mssmail.core.client_setup import DnsRecord
from mssmail.core.endpoint import Endpoint
from mssmail.delivery.published import PublicationCheck
from mssmail.errors import PeerFault
from tests.support.name_server import serve_zone

ZONE = {
    ("a.test.", "MX"): ["10 MSS.a.test.", "20 other.test."],
    ("_imaps._tcp.a.test.", "SRV"): ["0 1 993 mail.a.test."],
    ("autoconfig.a.test.", "CNAME"): ["elsewhere.test."],
    ("mail.a.test.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("mail.a.test.", "AAAA"): ["2001:db8::1"],
    ("autoconfig.b.test.", "A"): ["192.0.2.2"],
    ("autoconfig.b.test.", "AAAA"): ["2001:db8::1"],
    ("autoconfig.c.test.", "A"): ["192.0.2.2", "192.0.2.9"],
}


@pytest.mark.parametrize(
    ("record", "published", "found"),
    [
        (DnsRecord("a.test", "MX", "10 mss.a.test."), True, ("10 MSS.a.test.", "20 other.test.")),
        (DnsRecord("_imaps._tcp.a.test", "SRV", "0 1 993 mail.a.test."), True, ("0 1 993 mail.a.test.",)),
        (DnsRecord("_imaps._tcp.a.test", "SRV", "0 1 1993 mail.a.test."), False, ("0 1 993 mail.a.test.",)),
        (DnsRecord("autoconfig.a.test", "CNAME", "mail.a.test."), False, ("elsewhere.test.",)),
        (DnsRecord("a.test", "CNAME", "mail.a.test."), False, ()),
        (DnsRecord("autoconfig.b.test", "CNAME", "mail.a.test."), True, ("192.0.2.2", "2001:db8::1")),
        (DnsRecord("autoconfig.c.test", "CNAME", "mail.a.test."), False, ("192.0.2.2", "192.0.2.9")),
        (DnsRecord("autoconfig.c.test", "CNAME", "nowhere.test."), False, ("192.0.2.2", "192.0.2.9")),
        (DnsRecord("nowhere.test", "MX", "10 mss.a.test."), False, ()),
    ],
)
async def test_tells_what_is_there(record: DnsRecord, published: bool, found: tuple[str, ...]) -> None:
    async with serve_zone(ZONE) as server:
        publication = await PublicationCheck(server).look_up(record)
    assert (publication.is_published, publication.found) == (published, found)


async def test_dns_that_does_not_answer_is_a_fault_and_no_missing_record() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        check = PublicationCheck(Endpoint("127.0.0.1", taken.getsockname()[1]))
        check.lifetime_seconds = 0.3
        with pytest.raises(PeerFault, match="DNS cannot say"):
            await check.look_up(DnsRecord("a.test", "MX", "10 mss.a.test."))
