"""Sessions and transactions as values of one connection."""

import asyncio

from mssmail.core.address import Address
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.smtp.session import Session, Transaction


def test_a_recipient_named_twice_is_one() -> None:
    transaction = Transaction()
    for local in ("alice", "bob", "ALICE"):
        transaction.add_recipient(Address(local, "a.test"))
    assert [str(each) for each in transaction.recipients] == ["alice@a.test", "bob@a.test"]


def test_every_transaction_has_an_id_of_its_own() -> None:
    assert Transaction().id != Transaction().id


async def test_the_peer_is_what_the_socket_and_the_greeting_say() -> None:
    session = Session(asyncio.get_running_loop())
    session.address, session.port, session.host_name = "192.0.2.1", 99, "mail.a.test"
    session.tls = TlsFacts("TLSv1.3", "X")
    assert session.peer_facts == Peer("192.0.2.1", 99, "mail.a.test", TlsFacts("TLSv1.3", "X"))
