"""STARTTLS, as far as it goes without a socket."""

from mssmail.core.envelope import Peer, TlsFacts
from mssmail.imap.session import Terms
from tests.imap.support import Talk, World


async def test_agrees_and_leaves_the_rest_to_the_server(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1))
    assert await talk.do("STARTTLS") == ["OK Begin TLS now"]
    assert talk.session.wants_tls
    talk.session.begin_tls(TlsFacts("TLSv1.3", "x"))
    assert not talk.session.wants_tls
    assert "AUTH=PLAIN" in (await talk.do("CAPABILITY"))[0]


async def test_is_a_mistake_inside_tls(world: World) -> None:
    assert await Talk(world).do("STARTTLS") == ["BAD [CLIENTBUG] TLS is active already"]


async def test_is_not_to_be_had_where_it_is_not_offered(world: World) -> None:
    talk = Talk(world, peer=Peer("192.0.2.1", 1), terms=Terms(offers_tls=False))
    assert await talk.do("STARTTLS") == ["BAD STARTTLS is not offered here"]
