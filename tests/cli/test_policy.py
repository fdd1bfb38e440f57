"""What would be refused of what was received."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.core.envelope import Peer, TlsFacts
from mssmail.flows.bell import Bells
from mssmail.flows.intake import Intake
from mssmail.flows.receive import Receiver
from mssmail.flows.refresh import TrustKeeper
from mssmail.journal import Entry
from mssmail.settings import Policy, Settings, SmimeMode, encode_settings, load_settings
from mssmail.smime.sign import parse_signing_key, sign_message
from mssmail.store.engine import open_store
from mssmail.store.peers_seen import Direction
from mssmail.trust.certificate import fingerprint, read_name
from mssmail.workers.pool import Pool
from tests.support.command import run
from tests.support.operator_room import build_envelope
from tests.support.operators import Site, build_site, write_list
from tests.support.pki import Pki

NOW = read_clock().replace(microsecond=0)
ALICE = "alice@peer.test"
MESSAGE = (
    f"From: {ALICE}\r\nTo: marie@a.test\r\nSubject: x\r\nDate: Mon, 01 Jun 2026 12:00:00 +0000\r\n\r\nx\r\n".encode()
)


def build_peer(pki: Pki) -> Peer:
    certificate = pki.make_operator("mss.peer.test").certificate
    return Peer(
        "127.0.0.1", 25, "mss.peer.test", TlsFacts("TLSv1.3", "x"), read_name(certificate.subject), "CN=mss.peer.test",
        fingerprint=fingerprint(certificate), not_after=certificate.not_valid_after_utc, revoked=False,
        chain=(certificate.public_bytes(Encoding.DER),),
    )  # fmt: skip


async def receive(settings: Settings, pki: Pki) -> None:
    """A signed message and an unsigned one, taken as a server takes them."""
    store = open_store(settings.server.store)

    async def record(_entry: Entry) -> None:
        return None

    keeper = TrustKeeper(settings.trust, settings.server.store, record)
    await keeper.start()
    pool = Pool(1, 30, 1_024, "mss.a.test")
    await pool.start(keeper.snapshot)
    intake = Intake(store, pool, keeper, Bells())
    receiver = Receiver(settings, intake, lambda: None)
    person = pki.make_person(ALICE)
    signed = sign_message(MESSAGE, parse_signing_key(person.key_pem + person.certificate_pem), NOW)
    marie, alice = parse_address("marie@a.test"), parse_address(ALICE)
    peer = build_peer(pki)
    for data in (signed, MESSAGE):
        envelope = replace(build_envelope(data, marie, reverse_path=alice), peer=peer)
        assert (await receiver.receive(envelope)).code == 250
    intake.peers.note(peer, Direction.IN, "peer.test")
    await intake.note()
    await pool.stop()
    await keeper.stop()
    store.close()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(NOW)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Site:
    """A server where the rule about unsigned mail is in shadow; it has two messages."""
    site = build_site(tmp_path_factory.mktemp("op") / "op", pki, NOW)
    settings = replace(site.settings, policy=Policy(("unsigned",)), file=None)
    site.config.write_text(encode_settings(settings))
    asyncio.run(receive(load_settings(site.config), pki))
    return site


def ask(site: Site, *arguments: str) -> tuple[int, list[str], dict[str, object]]:
    answer = run("policy", "forecast", *arguments, "--config", str(site.config), "--json")
    found = json.loads(answer.out)
    return answer.code, [each["rule"] for each in found["refused"]], found


def test_without_a_supposition_all_rules_leave_the_shadow(site: Site) -> None:
    code, rules, found = ask(site)
    assert (code, rules, found["judged"], found["gone"]) == (1, ["unsigned"], 2, 0)
    assert ask(site, "--rule", "unsigned")[1] == ["unsigned"]
    assert ask(site, "--rule", "untrusted")[1] == []
    assert ask(site, "--since", f"{(NOW + timedelta(days=1)).isoformat()}")[2]["judged"] == 0


def test_another_list_refuses_whom_it_does_not_name(site: Site, pki: Pki, tmp_path: Path) -> None:
    write_list(tmp_path / "list.xml", pki, NOW, {"a.test": pki.make_operator("mss.a.test")})
    assert ask(site, "--white-list", str(tmp_path / "list.xml"))[1] == ["sender-domain-not-listed"] * 2
    names = {"a.test": pki.make_operator("mss.a.test"), "peer.test": pki.make_operator("mss.peer.test")}
    write_list(tmp_path / "same.xml", pki, NOW, names)
    assert ask(site, "--white-list", str(tmp_path / "same.xml"))[:2] == (0, [])


def test_a_revocation_list_refuses_whom_it_names(site: Site, pki: Pki, tmp_path: Path) -> None:
    revoking = Pki(NOW)
    revoking.issuing = replace(pki.issuing, revoked={})
    revoking.issuing.revoke(pki.make_person(ALICE).certificate, NOW)
    (tmp_path / "new.crl").write_bytes(revoking.issuing.build_crl(NOW + timedelta(seconds=1)))
    assert ask(site, "--crl", str(tmp_path / "new.crl"))[1] == ["untrusted"]


def test_a_revocation_list_that_names_the_peer_refuses_all_it_brought(site: Site, pki: Pki, tmp_path: Path) -> None:
    revoking = Pki(NOW)
    revoking.issuing = replace(pki.issuing, revoked={})
    revoking.issuing.revoke(pki.make_operator("mss.peer.test").certificate, NOW)
    (tmp_path / "new.crl").write_bytes(revoking.issuing.build_crl(NOW + timedelta(seconds=1)))
    assert ask(site, "--crl", str(tmp_path / "new.crl"))[1] == ["peer-revoked"] * 2


def test_stricter_keys_and_laxer_modes(site: Site) -> None:
    assert ask(site, "--smime", SmimeMode.VERIFY.value)[1] == []
    assert ask(site, "--smime", SmimeMode.REQUIRE.value, "--rule", "unsigned")[1] == ["unsigned"]
    assert ask(site, "--revocation", "soft", "--min-rsa-bits", "4096")[1] == []  # these keys are of curves
    answer = run("policy", "forecast", "--config", str(site.config))
    assert "1 of 2 messages that pass would be refused" in answer.out


def test_a_time_nobody_can_read_is_bad_usage(site: Site) -> None:
    for text in ("yesterday", "2026-01-01", "24y"):
        assert run("policy", "forecast", "--since", text, "--config", str(site.config)).code == 64
