"""The stranger's servers behave as their labels say, to a client that is not ours."""

import smtplib
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.lab.audit import SITUATIONS, find_port
from mssmail.lab.check.peer_servers import serve_situations, serve_strangers
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab
from mssmail.lab.strangers import STRANGERS, find_stranger, find_stranger_port
from tests.support.pki import Pki
from tests.support.ports import find_port_base

MESSAGE = b"Subject: x\r\n\r\nx\r\n"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    pki = Pki(read_clock().replace(microsecond=0))
    certificate, key = pki.make_operator("mss.sending.test").write(tmp_path, "peer")
    files = {"cert": str(certificate), "key": str(key)}
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "root.crt").write_bytes(pki.root.credential.certificate_pem)
    lab = Lab(str(tmp_path), find_port_base())
    return Stage(replace(lab, scenarios={each.scenario: files for each in (*STRANGERS, *SITUATIONS)}))


def _connect(stage: Stage, label: str) -> smtplib.SMTP:
    smtp = smtplib.SMTP("127.0.0.1", find_stranger_port(stage.lab, find_stranger(label)), timeout=20)
    smtp.starttls(context=ssl.create_default_context(cafile=str(stage.lab.ca_file)))
    return smtp


def _send(stage: Stage, label: str, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with _connect(stage, label) as smtp:
        return smtp.sendmail("a@a.test", recipients or ("b@b.test",), MESSAGE)


def test_the_steady_one_takes_what_it_is_handed_dots_and_all(stage: Stage) -> None:
    with serve_strangers(stage) as peers, _connect(stage, "steady") as smtp:
        smtp.sendmail("a@a.test", ["b@b.test"], b"Subject: x\r\n\r\n.x\r\n")
        assert peers["steady"].taken == [b"Subject: x\r\n\r\n.x\r\n"]
        assert peers["steady"].count("RCPT") == 1
        assert set(peers) == {each.label for each in STRANGERS} - {"asleep"}
        assert len(peers) == len(STRANGERS) - 1


def test_the_busy_one_takes_at_the_third_time(stage: Stage) -> None:
    with serve_strangers(stage) as peers:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPSenderRefused, match="busy"):
                _send(stage, "busy")
        _send(stage, "busy")
        assert len(peers["busy"].taken) == 1


@pytest.mark.parametrize(("label", "taken"), [("dies", 1), ("forgets", 2)])
def test_two_lose_the_connection_once(stage: Stage, label: str, taken: int) -> None:
    with serve_strangers(stage) as peers:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _send(stage, label)
        _send(stage, label)
        assert len(peers[label].taken) == taken


def test_the_picky_one_answers_each_recipient(stage: Stage) -> None:
    names = ("somebody@p.test", "nobody@p.test", "later@p.test")
    with serve_strangers(stage):
        assert {name: code for name, (code, _) in _send(stage, "picky", *names).items()} == {
            names[1]: 550,
            names[2]: 450,
        }
        assert _send(stage, "picky", names[2]) == {}


def test_one_hides_starttls_and_one_stalls(stage: Stage) -> None:
    with serve_strangers(stage):
        with smtplib.SMTP("127.0.0.1", find_stranger_port(stage.lab, find_stranger("plain")), timeout=20) as plain:
            plain.ehlo()
            assert not plain.has_extn("starttls")
        with _connect(stage, "stalls") as smtp:
            smtp.ehlo()
            smtp.putcmd("MAIL FROM:<a@a.test>")
            assert smtp.sock is not None
            smtp.sock.settimeout(0.2)
            with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
                smtp.getreply()


def test_a_taken_port_is_told(stage: Stage) -> None:
    with serve_strangers(stage), pytest.raises(OSError, match="in use"), serve_strangers(stage):
        raise AssertionError("two servers on one port")


def test_a_peer_of_the_audit_takes_mail_over_tls_with_its_certificate(stage: Stage) -> None:
    port = find_port(stage.lab, SITUATIONS[0])
    with serve_situations(stage) as peers, smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        smtp.starttls(context=ssl.create_default_context(cafile=str(stage.lab.ca_file)))
        smtp.sendmail("a@a.test", ["b@b.test"], MESSAGE)
        assert peers["cert-valide"].taken == [MESSAGE]


def test_the_peer_without_tls_offers_none(stage: Stage) -> None:
    with serve_situations(stage), smtplib.SMTP("127.0.0.1", find_port(stage.lab, SITUATIONS[-1]), timeout=20) as smtp:
        smtp.ehlo()
        assert not smtp.has_extn("starttls")


def test_who_hangs_up_in_the_handshake_ends_one_session_and_nothing_else(stage: Stage) -> None:
    with serve_strangers(stage) as peers:
        with socket.create_connection(
            ("127.0.0.1", find_stranger_port(stage.lab, find_stranger("steady"))), 20
        ) as wire:
            wire.sendall(b"EHLO a\r\nSTARTTLS\r\n")
            while b"220 2.0.0 go on" not in wire.recv(4_096):
                pass
        _send(stage, "steady")
        assert len(peers["steady"].taken) == 1
