"""Our client against our server: two operators, two stores, mutual TLS, one message with every kind of recipient."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dns.asyncresolver

from mssmail.core.address import parse_address
from mssmail.delivery.resolve import MailResolver
from mssmail.flows.bell import Bells
from mssmail.flows.dispatch import Dispatcher
from mssmail.journal import Event
from mssmail.settings import Domain, Relay, Route, Server, Settings
from mssmail.smtp.listener import build_relay_listener
from mssmail.store.accounts import NewAccount, create_account
from mssmail.store.journal import read_entries
from mssmail.store.messages import deliver, load_message
from mssmail.store.queue import list_items
from tests.flows.dispatch_room import AT_ONCE, until
from tests.support.operator_room import (
    ALICE,
    BOB,
    CAROL,
    MESSAGE,
    TODAY,
    VERA,
    Examiner,
    Trust,
    build_store,
    build_white_list,
    open_operator,
    sign,
    write_key,
)
from tests.support.store import RELAY_PREFIX, build_delivery, make_store

NOBODY = parse_address("nobody@b.test")


def _build_sender(directory: Path, port: int) -> Settings:
    directory.mkdir()
    certificate, key = TODAY.make_operator("peer.a.test").write(directory, "operator")
    write_key(directory, "domain-signing-authority@a.test")
    return Settings(
        server=Server(name="mx.a.test", keys=directory / "keys"),
        relay=Relay(certificate=certificate, key=key),
        queue=AT_ONCE,
        domain=(Domain("a.test"),),
        route=(Route("*", "127.0.0.1", port),),
    )


async def test_a_message_reaches_every_recipient_there_is_and_its_sender_hears_of_the_others(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(open_operator(tmp_path))
        listener = build_relay_listener(there.settings, there.intake, there.receiver)
        assert listener is not None
        await listener.start()
        stack.push_async_callback(listener.stop)
        settings = _build_sender(tmp_path / "a", listener.addresses[0].port)
        store = make_store(tmp_path / "a" / "store")
        stack.callback(store.close)
        new = NewAccount(ALICE, datetime.now(UTC))
        await asyncio.wrap_future(store.submit(lambda conn: create_account(conn, new)))
        own, peer = TODAY.make_operator("peer.a.test"), TODAY.make_operator("mx.b.test")
        trust = Trust(build_store(), build_white_list(datetime.now(UTC), a__test=own, b__test=peer, v__test=peer))

        data = sign(MESSAGE, tmp_path)
        delivery = build_delivery(store, data, queue=(BOB, NOBODY, VERA, CAROL), reverse_path=ALICE)
        delivery = replace(delivery, relay_prefix=RELAY_PREFIX, received_at=datetime.now(UTC))
        await asyncio.wrap_future(store.submit(lambda conn: deliver(conn, delivery)))
        no_dns = MailResolver(dns.asyncresolver.Resolver(configure=False), random.Random(1))
        dispatcher = Dispatcher(settings, store, trust, Examiner(trust), Bells(), resolver=no_dns)
        await dispatcher.start()
        stack.push_async_callback(dispatcher.stop, 0.1)

        async def is_settled() -> bool:
            return not await asyncio.wrap_future(store.read(list_items))

        await until(is_settled)
        for address in (BOB, CAROL, VERA):
            (meta,) = await there.list_inbox(address)
            kept = await asyncio.wrap_future(there.store.read(lambda conn, id=meta.message_id: load_message(conn, id)))  # type: ignore[misc]
            assert kept is not None
            assert kept.data == RELAY_PREFIX + data
            assert kept.summary == "trusted"
            assert kept.reverse_path == ALICE
        journal = [each.entry for each in await asyncio.wrap_future(store.read(read_entries))]
        relayed = sorted(str(entry.facts["recipient"]) for entry in journal if entry.event is Event.RELAYED)
        assert relayed == ["bob@b.test", "carol@b.test", "vera@v.test"]
        (report,) = [entry for entry in journal if entry.event is Event.DELIVERED]
        assert (report.facts["recipient"], report.facts["verdict"]) == ("alice@a.test", "trusted")
