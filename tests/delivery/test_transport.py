import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.envelope import Peer
from mssmail.core.reply import Reply
from mssmail.delivery.events import Transaction
from mssmail.delivery.identity import identify_server
from mssmail.delivery.outcome import Deferred, Delivered, Failed
from mssmail.delivery.tls import build_client_context
from mssmail.delivery.transport import Manners, Session, open_session
from mssmail.errors import PeerFault
from mssmail.lab.pki import Credential, issue_operator
from mssmail.settings import Endpoint
from mssmail.trust.snapshot import TrustSnapshot, build_trust_store
from tests.delivery.scripted_peer import Script, ScriptedPeer, build_server_context, run_peer
from tests.support.pki import Pki

NOW = datetime.now(UTC).replace(microsecond=0)  # OpenSSL reads the real clock
A, B, C = (parse_address(f"{name}@peer.test") for name in "abc")
DATA = b"Subject: x\r\n\r\n.hidden\r\nbye\r\n"

ACCEPT = Accept("test")


@cache
def _pki(_which: str = "ours") -> Pki:
    return Pki(NOW)


@dataclass
class Room:
    """Certificates of both sides, and what the judge saw."""

    directory: Path
    server: Credential = field(default_factory=lambda: _pki().make_operator("mx.peer.test"))
    client: Credential = field(default_factory=lambda: _pki().make_operator("mx.ours.test"))
    decision: Decision = ACCEPT
    judged: list[Peer] = field(default_factory=list)
    reply_seconds: float = 20.0

    def build_manners(self) -> Manners:
        pki = _pki()
        trust = build_trust_store(TrustSnapshot(1, pki.anchors, crls=pki.make_crls()))
        certificate, key = self.client.write(self.directory, "client")
        return Manners(
            ehlo_name="mx.ours.test",
            context=build_client_context(certificate, key, pki.anchors),
            identify=lambda tls, endpoint: identify_server(tls, endpoint, trust, NOW),
            connect_seconds=10.0,
            reply_seconds=self.reply_seconds,
        )

    async def open(self, peer: ScriptedPeer) -> Session | Refuse:
        def judge(peer: Peer) -> Decision:
            self.judged.append(peer)
            return self.decision

        return await open_session(Endpoint("localhost", peer.port), ["127.0.0.1"], judge, self.build_manners())

    async def connect(self, peer: ScriptedPeer) -> Session:
        session = await self.open(peer)
        assert isinstance(session, Session)
        return session

    def run(self, script: Script) -> AbstractAsyncContextManager[ScriptedPeer]:
        return run_peer(script, build_server_context(self.server, _pki().anchors, self.directory))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def _transaction(*recipients: Address, data: bytes = DATA) -> Transaction:
    return Transaction(parse_address("me@ours.test"), recipients or (A,), data)


async def test_delivers_the_very_bytes_to_the_peer_it_identified(room: Room) -> None:
    async with room.run(Script()) as peer:
        session = await room.connect(peer)
        (outcome,) = await session.send(_transaction())
        await session.close()
    assert outcome == Delivered(Reply(250, "2.0.0", "kept as 1"))
    assert peer.messages == [DATA]
    (judged,) = room.judged
    assert "mx.peer.test" in judged.subject
    assert judged.revoked is False
    assert judged.tls is not None
    assert judged.tls.version == "TLSv1.3"
    assert peer.commands[-1] == b"QUIT"


CHUNKING = (b"PIPELINING", b"8BITMIME", b"CHUNKING", b"DSN")


@pytest.mark.parametrize("keywords", [(b"8BITMIME",), (b"PIPELINING", b"8BITMIME"), CHUNKING, CHUNKING[1:]])
async def test_a_large_message_arrives_whole(room: Room, keywords: tuple[bytes, ...]) -> None:
    data = b"".join(b".%06d %s\r\n" % (number, b"x" * 60) for number in range(120_000))
    async with room.run(Script(keywords=keywords)) as peer:
        session = await room.connect(peer)
        (outcome,) = await session.send(_transaction(data=data))
        await session.close()
    assert outcome == Delivered(Reply(250, "2.0.0", "kept as 1"), heeds_dsn=b"DSN" in keywords)
    assert peer.messages == [data]


async def test_a_session_ends_after_as_many_messages_as_the_peer_takes(room: Room) -> None:
    script = Script(keywords=(b"PIPELINING", b"LIMITS MAILMAX=2 RCPTMAX=5"))
    async with room.run(script) as peer:
        session = await room.connect(peer)
        assert session.capabilities.max_recipients == 5
        for _ in range(2):
            assert session.is_open
            await session.send(_transaction())
        assert not session.is_open
        (outcome,) = await session.send(_transaction())
        await session.close()
    assert isinstance(outcome, Deferred)
    assert len(peer.messages) == 2
    assert peer.commands[-1] == b"QUIT"


async def test_only_the_recipients_a_peer_cannot_be_told_of_are_refused(room: Room) -> None:
    zoe = parse_address("zoé@peer.test")
    async with room.run(Script()) as peer:
        session = await room.connect(peer)
        outcomes = await session.send(_transaction(A, zoe, B))
        (alone,) = await session.send(_transaction(zoe))
        await session.close()
    assert [type(outcome) for outcome in outcomes] == [Delivered, Failed, Delivered]
    assert outcomes[1] == alone
    assert isinstance(alone, Failed)
    assert (alone.reply.status, alone.is_ours) == ("5.6.7", True)
    assert peer.messages == [DATA]


async def test_several_messages_share_a_session_and_a_refused_one_harms_no_other(room: Room) -> None:
    script = Script(answers={b"MAIL": [b"250 ok\r\n", b"550 5.7.1 no\r\n", b"250 ok\r\n"]})
    async with room.run(script) as peer:
        session = await room.connect(peer)
        outcomes = [(await session.send(_transaction(A, B)))[1] for _ in range(3)]
        await session.close()
    assert [type(outcome) for outcome in outcomes] == [Delivered, Failed, Delivered]
    assert (peer.sessions, len(peer.messages)) == (1, 2)


async def test_each_recipient_has_its_own_outcome(room: Room) -> None:
    script = Script(answers={b"RCPT": [b"250 ok\r\n", b"550 5.1.1 nobody\r\n", b"452 4.2.2 full\r\n"]})
    async with room.run(script) as peer:
        session = await room.connect(peer)
        a, b, c = await session.send(_transaction(A, B, C))
        await session.close()
    assert isinstance(a, Delivered)
    assert b == Failed(Reply(550, "5.1.1", "nobody"))
    assert c == Deferred("452 4.2.2 full", Reply(452, "4.2.2", "full"))


async def test_recipients_without_room_in_one_transaction_get_the_next(room: Room) -> None:
    no_room = b"452 4.5.3 other mode\r\n"
    script = Script(answers={b"RCPT": [b"250 ok\r\n", no_room, b"550 5.1.1 c\r\n", b"250 ok\r\n"]})
    async with room.run(script) as peer:
        session = await room.connect(peer)
        outcomes = await session.send(_transaction(A, B, C))
        await session.close()
    assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered, Failed]
    assert peer.messages == [DATA, DATA]


async def test_a_peer_that_never_has_room_ends_the_asking(room: Room) -> None:
    script = Script(answers={b"RCPT": [b"250 ok\r\n", *[b"452 4.5.3 no\r\n"] * 50]})
    async with room.run(script) as peer:
        session = await room.connect(peer)
        outcomes = await session.send(_transaction(A, B))
        await session.close()
    assert [type(outcome) for outcome in outcomes] == [Delivered, Deferred]
    assert sum(command.startswith(b"RCPT") for command in peer.commands) == 3


async def test_nothing_is_sent_to_a_peer_that_is_not_trusted(room: Room) -> None:
    room.decision = refuse("peer-not-listed-for-domain", 451, "4.7.1", "not listed")
    async with room.run(Script()) as peer:
        assert await room.open(peer) == room.decision
        await asyncio.sleep(0)
    assert peer.commands == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(starttls=False), "no STARTTLS"),
        (Script(answers={b"STARTTLS": [b"454 4.7.0 not now\r\n"]}), "454 4.7.0 not now"),
        (Script(behind_starttls=b"250 mx\r\n"), "plain text after STARTTLS"),
        (Script(greeting=b"554 5.3.2 closed\r\n"), "554 5.3.2 closed"),
        (Script(greeting=b"421 4.3.2 busy\r\n"), "421 4.3.2 busy"),
        (Script(answers={b"EHLO": [None]}), "closed the connection"),
        (Script(answers={b"STARTTLS": [None]}), "closed the connection"),
    ],
)
async def test_a_session_that_does_not_come_about_is_a_fault_with_its_cause(
    room: Room, script: Script, words: str
) -> None:
    async with room.run(script) as peer:
        with pytest.raises(PeerFault, match=words):
            await room.open(peer)
    assert peer.messages == []


async def _expect_bad_certificate(room: Room, words: str) -> None:
    async with room.run(Script()) as peer:
        with pytest.raises(PeerFault, match=words):
            await room.open(peer)
    assert peer.commands == []


async def test_a_server_of_a_foreign_authority_gets_nothing(room: Room) -> None:
    room.server = _pki("foreign").make_operator("mx.peer.test")
    await _expect_bad_certificate(room, "certificate verify failed")


async def test_an_expired_server_certificate_gets_nothing(room: Room) -> None:
    room.server = issue_operator(_pki().issuing, "mx.peer.test", NOW - timedelta(days=1_200))
    await _expect_bad_certificate(room, "certificate has expired")


async def test_a_revoked_server_is_known_as_such(tmp_path: Path) -> None:
    pki = Pki(NOW)
    revoked = pki.make_operator("mx.peer.test")
    trust = build_trust_store(TrustSnapshot(1, pki.anchors, crls=pki.make_crls(revoked)))
    certificate, key = pki.make_operator("mx.ours.test").write(tmp_path, "client")
    seen: list[Peer] = []

    def judge(peer: Peer) -> Decision:
        seen.append(peer)
        return refuse("test", 451, "4.7.5", "revoked")

    manners = Manners(
        "mx.ours.test",
        build_client_context(certificate, key, pki.anchors),
        lambda tls, endpoint: identify_server(tls, endpoint, trust, NOW),
        10.0,
        10.0,
    )
    async with run_peer(Script(), build_server_context(revoked, pki.anchors, tmp_path)) as peer:
        await open_session(Endpoint("localhost", peer.port), ["127.0.0.1"], judge, manners)
    assert [(each.revoked, each.name is not None) for each in seen] == [(True, True)]


async def test_a_client_certificate_the_peer_refuses_is_a_fault(room: Room) -> None:
    room.client = _pki("foreign").make_operator("mx.ours.test")
    async with room.run(Script()) as peer:
        with pytest.raises(PeerFault, match=r"(?i)alert|closed the connection"):
            await room.open(peer)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(dies_in_data=True), "closed the connection"),
        (Script(answers={b".": [None]}), "closed the connection"),
        (Script(answers={b"DATA": [None]}), "closed the connection"),
        (Script(answers={b"RCPT": [b"421 4.3.2 bye\r\n"]}), "421 4.3.2 bye"),
        (Script(answers={b".": [b"999 what\r\n"]}), "no reply line"),
    ],
)
async def test_a_peer_that_breaks_off_leaves_the_message_to_be_tried_again(
    room: Room, script: Script, words: str
) -> None:
    async with room.run(script) as peer:
        session = await room.connect(peer)
        (outcome,) = await session.send(_transaction(data=DATA * 20_000))
    assert isinstance(outcome, Deferred)
    assert words in outcome.reason
    assert not session.is_open


async def test_what_was_refused_before_the_peer_broke_off_stays_refused(room: Room) -> None:
    script = Script(answers={b"RCPT": [b"550 5.1.1 nobody\r\n", b"250 ok\r\n"], b".": [None]})
    async with room.run(script) as peer:
        session = await room.connect(peer)
        outcomes = await session.send(_transaction(A, B))
    assert [type(outcome) for outcome in outcomes] == [Failed, Deferred]


@pytest.mark.parametrize("command", [b"MAIL", b"EHLO"])
async def test_a_silent_peer_is_left_in_time(room: Room, command: bytes) -> None:
    room.reply_seconds = 0.2
    script = Script(silent_after=command)
    async with room.run(script) as peer:
        if command == b"EHLO":
            room_manners = room.build_manners()
            quick = Manners(room_manners.ehlo_name, room_manners.context, room_manners.identify, 0.2, 0.2)
            with pytest.raises(PeerFault, match=r"silent for 0\.2 s: EHLO"):
                await open_session(Endpoint("localhost", peer.port), ["127.0.0.1"], lambda _: Accept(""), quick)
        else:
            (outcome,) = await (await room.connect(peer)).send(_transaction())
            assert outcome == Deferred("the peer was silent for 0.2 s: MAIL")


async def test_the_next_address_is_tried_when_one_does_not_answer(room: Room) -> None:
    judge: Callable[[Peer], Decision] = lambda _: Accept("test")  # noqa: E731
    async with room.run(Script()) as peer:
        endpoint = Endpoint("localhost", peer.port)
        session = await open_session(endpoint, ["127.0.0.9", "127.0.0.1"], judge, room.build_manners())
        assert isinstance(session, Session)
        await session.close()
    with pytest.raises(PeerFault, match="no connection to localhost"):
        await open_session(endpoint, ["127.0.0.9", "127.0.0.1"], judge, room.build_manners())
    with pytest.raises(PeerFault, match="it has no address"):
        await open_session(endpoint, [], judge, room.build_manners())
