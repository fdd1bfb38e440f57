"""Listeners as they are seen from outside."""

from mssmail.app.client_setup import find_client_setup
from mssmail.core.client_setup import ClientSetup
from mssmail.settings import Endpoint, Imap, Server, Settings, Setup


def test_names_and_ports_are_those_of_outside() -> None:
    imap = Imap(listen=None, listen_tls=Endpoint("0.0.0.0", 20093))
    settings = Settings(
        server=Server(name="mss.a.test"), imap=imap, setup=Setup(listen=Endpoint("::", 8443), imap_tls_port=993)
    )
    assert find_client_setup(settings) == ClientSetup(
        imap_tls=Endpoint("mss.a.test", 993),
        imap=None,
        submission_tls=Endpoint("mss.a.test", 465),
        submission=Endpoint("mss.a.test", 587),
        web=Endpoint("mss.a.test", 443),
    )
    named = Settings(server=Server(name="mss.a.test"), setup=Setup(host="mail.a.test"))
    found = find_client_setup(named)
    assert (found.imap, found.web) == (Endpoint("mail.a.test", 143), None)
