"""The whole way in: listeners, handlers, policy and flows over real TLS, against a real store."""

import asyncio
import base64
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.flows.sign_in import SignIn
from mssmail.journal import Event
from mssmail.smtp.listener import Listener, build_relay_listener, build_submission_listener
from mssmail.store.accounts import NewAccount, create_account, set_password_hash, suspend
from tests.support.dialogue import find_dialogues, play_dialogue
from tests.support.operator_room import (
    BOB,
    MESSAGE,
    TODAY,
    Operator,
    build_client_context,
    open_operator,
    sign,
    write_key,
)
from tests.support.store import hash_once


def _encode(user: str, password: str) -> str:
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


VALUES = {
    "bob": _encode("bob@b.test", "right"),
    "wrong": _encode("bob@b.test", "wrong"),
    "stranger": _encode("nobody@b.test", "right"),
}


async def _add_accounts(operator: Operator) -> None:
    now, password = datetime.now(UTC), hash_once("right")

    def add(conn: object) -> None:
        for name in ("dora", "emil", "suspended", "full"):
            quota = 0 if name == "full" else None
            create_account(conn, NewAccount(parse_address(f"{name}@b.test"), now, quota_bytes=quota))  # type: ignore[arg-type]
        suspend(conn, parse_address("suspended@b.test"))  # type: ignore[arg-type]
        set_password_hash(conn, BOB, password)  # type: ignore[arg-type]

    await asyncio.wrap_future(operator.store.submit(add))


@asynccontextmanager
async def _open_relay(directory: Path) -> AsyncIterator[tuple[Operator, Listener]]:
    async with open_operator(directory) as operator:
        await _add_accounts(operator)
        listener = build_relay_listener(operator.settings, operator.intake, operator.receiver)
        assert listener is not None
        await listener.start()
        try:
            yield operator, listener
        finally:
            await listener.stop()


@asynccontextmanager
async def _open_submission(directory: Path) -> AsyncIterator[tuple[Operator, Listener]]:
    async with open_operator(directory) as operator:
        await _add_accounts(operator)
        login = SignIn(operator.store, operator.intake.clock).sign_in
        listener = build_submission_listener(operator.settings, operator.intake, operator.submitter, login)
        assert listener is not None
        await listener.start()
        try:
            yield operator, listener
        finally:
            await listener.stop()


@pytest.mark.parametrize(
    "path", [p for p in find_dialogues("smtp") if p.stem.startswith("relay-")], ids=lambda p: p.stem
)
async def test_relay_dialogue(path: Path, tmp_path: Path) -> None:
    async with _open_relay(tmp_path) as (_, listener):
        tls = build_client_context(tmp_path, TODAY.make_operator("peer.a.test"))
        stranger = build_client_context(tmp_path)
        await play_dialogue(path, "127.0.0.1", listener.addresses[0].port, values=VALUES, tls=tls, stranger=stranger)


@pytest.mark.parametrize(
    "path", [p for p in find_dialogues("smtp") if p.stem.startswith("submission-")], ids=lambda p: p.stem
)
async def test_submission_dialogue(path: Path, tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open_submission(tmp_path) as (_, listener):
        tls = build_client_context(tmp_path)
        await play_dialogue(path, "127.0.0.1", listener.addresses[0].port, values=VALUES, tls=tls)


async def test_a_peer_delivers_a_signed_message(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with _open_relay(tmp_path) as (operator, listener):
        context = build_client_context(tmp_path, TODAY.make_operator("peer.a.test"))

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", listener.addresses[0].port, "peer.a.test", timeout=20) as peer:
                peer.starttls(context=context)
                assert peer.sendmail("alice@a.test", ["bob@b.test"], data) == {}

        await asyncio.to_thread(send)
        assert len(await operator.list_inbox(BOB)) == 1
        received, _ = await operator.read_journal(Event.RECEIVED, Event.DELIVERED)
        kept = await operator.load(received.trace_id)
        assert kept.data == data
        assert received.facts["helo"] == "peer.a.test"
        assert "peer.a.test" in str(received.facts["subject"])
        assert b"from peer.a.test ([127.0.0.1])" in kept.prefix
        assert operator.intake.spent.receive_seconds > 0


async def test_refusals_are_journalled_with_who_was_refused_what(tmp_path: Path) -> None:
    async with _open_relay(tmp_path) as (operator, listener):
        context = build_client_context(tmp_path, TODAY.make_operator("peer.a.test"))

        def speak() -> None:
            with smtplib.SMTP("127.0.0.1", listener.addresses[0].port, timeout=20) as peer:
                peer.starttls(context=context)
                peer.ehlo("peer.a.test")
                assert peer.mail("alice@unlisted.test")[0] == 550
                assert peer.mail("alice@a.test")[0] == 250
                assert peer.rcpt("nobody@b.test")[0] == 550
                assert peer.rcpt("bob@b.test")[0] == 250
                assert peer.docmd("DATA")[0] == 354
                peer.send(b"bare\nLF\r\n.\r\n")
                assert peer.getreply()[0] == 550

        await asyncio.to_thread(speak)
        sender, recipient, form = await operator.read_journal(Event.REFUSED)
        assert sender.facts["rule"] == "sender-domain-not-listed"
        assert sender.facts["from"] == "<alice@unlisted.test>"
        assert "peer.a.test" in str(sender.facts["subject"])
        assert (recipient.facts["rule"], recipient.facts["to"]) == ("unknown-account", "nobody@b.test")
        assert (form.facts["rule"], form.facts["to"]) == ("BadLineEnding", ["bob@b.test"])
        assert recipient.trace_id == form.trace_id != sender.trace_id


async def test_a_client_sends_over_implicit_tls(tmp_path: Path) -> None:
    write_key(tmp_path, "bob@b.test")
    async with _open_submission(tmp_path) as (operator, listener):
        context = build_client_context(tmp_path)

        def send() -> None:
            with smtplib.SMTP_SSL("127.0.0.1", listener.addresses[1].port, timeout=20, context=context) as client:
                client.login("bob@b.test", "right")
                client.sendmail("bob@b.test", ["alice@a.test", "carol@b.test"], "From: bob@b.test\r\n\r\nhello\r\n")

        await asyncio.to_thread(send)
        assert await operator.list_queue() == ["alice@a.test"]
        [signed_in] = await operator.read_journal(Event.SIGNED_IN)
        assert signed_in.facts["account"] == "bob@b.test"


async def test_an_account_suspended_after_signing_in_sends_no_more(tmp_path: Path) -> None:
    async with _open_submission(tmp_path) as (operator, listener):
        context = build_client_context(tmp_path)
        loop = asyncio.get_running_loop()

        async def suspend_bob() -> None:
            await asyncio.wrap_future(operator.store.submit(lambda conn: suspend(conn, BOB)))

        def speak() -> None:
            with smtplib.SMTP_SSL("127.0.0.1", listener.addresses[1].port, timeout=20, context=context) as client:
                client.login("bob@b.test", "right")
                assert client.mail("bob@b.test")[0] == 250
                client.rset()
                asyncio.run_coroutine_threadsafe(suspend_bob(), loop).result(20)
                code, text = client.mail("bob@b.test")
            assert (code, text.startswith(b"5.7.1 This account is suspended (")) == (550, True)

        await asyncio.to_thread(speak)


async def test_sign_in_that_cannot_be_checked_is_temporary(tmp_path: Path) -> None:
    async with _open_submission(tmp_path) as (operator, listener):
        context = build_client_context(tmp_path)

        def speak() -> None:
            with smtplib.SMTP_SSL("127.0.0.1", listener.addresses[1].port, timeout=20, context=context) as client:
                client.ehlo("laptop")
                operator.store.close()
                assert client.docmd("AUTH", f"PLAIN {VALUES['bob']}")[0] == 454

        await asyncio.to_thread(speak)
