"""How long everything lasts."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from mssmail.app.standing import Held, list_standings
from mssmail.core.clock import read_clock
from mssmail.core.names import parse_listed_name
from mssmail.flows.revocation_lists import KeptCrl
from mssmail.store.peers_seen import Direction, SeenPeer
from tests.support.operators import build_site
from tests.support.pki import Pki

NOW = read_clock().replace(microsecond=0)
PKI = Pki(NOW)
CRL = KeptCrl(b"", "ab" * 32, "CN=CA", 7, NOW, NOW - timedelta(days=2))
PEER = SeenPeer(
    "cd" * 32, Direction.OUT, "CN=p", parse_listed_name("CN=p,C=FR"), "p.test", NOW + timedelta(days=5), NOW, NOW,
    ("a.test",),
)  # fmt: skip


def test_everything_that_can_end_is_told_with_its_days(tmp_path: Path) -> None:
    site = build_site(tmp_path / "op", PKI, NOW)
    held = Held(PKI.anchors, (*PKI.intermediates, b"junk"), (CRL,), PKI.make_person("x@a.test").certificate_der)
    found = list_standings(site.settings, held, [PEER], NOW)
    kinds = [each.kind for each in found]
    assert kinds == ["own", "anchor", "intermediate", "intermediate", "crl", "list-signer", "peer-out"]
    own, *_, unreadable, crl, _signer, peer = found
    assert own.note == "relay+submission+imap"
    assert own.days_left is not None
    assert own.days_left > 300
    assert unreadable.fault.startswith("not a readable certificate")
    assert (crl.days_left, peer.days_left) == (-2, 5)
    assert "a.test" in peer.note
    assert len({each.key for each in found}) == len(found)


def test_a_file_of_ours_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    site = build_site(tmp_path / "op", PKI, NOW)
    site.settings.imap.key.write_bytes(b"half a file")
    own = list_standings(site.settings, Held((), (), ()), (), NOW)[0]
    assert "does not go with" in own.fault
    gone = replace(site.settings, imap=replace(site.settings.imap, certificate=tmp_path / "gone.crt"))
    *_, imap = list_standings(gone, Held((), (), ()), (), NOW)
    assert (imap.name, imap.days_left) == ("gone.crt", None)
    assert imap.fault
