"""The stranger's servers speak enough SMTP to be handed mail, with their own certificate or none."""

import smtplib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from mssmail.core.clock import read_clock
from mssmail.lab.audit import SITUATIONS, find_port
from mssmail.lab.check.audit_peers import AuditPeers
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab
from tests.support.pki import Pki
from tests.support.ports import find_port_base


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    pki = Pki(read_clock().replace(microsecond=0))
    certificate, key = pki.make_operator("mss.audit.test").write(tmp_path, "peer")
    files = {"cert": str(certificate), "key": str(key)}
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "root.crt").write_bytes(pki.root.credential.certificate_pem)
    lab = Lab(str(tmp_path), find_port_base())
    return Stage(replace(lab, scenarios={each.scenario: files for each in SITUATIONS}))


def test_a_peer_takes_mail_over_tls_with_its_certificate(stage: Stage) -> None:
    with AuditPeers(stage) as peers, smtplib.SMTP("127.0.0.1", find_port(stage.lab, SITUATIONS[0]), timeout=20) as smtp:
        smtp.starttls(context=ssl.create_default_context(cafile=str(stage.lab.ca_file)))
        smtp.sendmail("a@a.test", ["b@b.test"], b"Subject: x\r\n\r\nx\r\n")
    assert peers.taken["cert-valide"] == [b"Subject: x\r\n\r\nx\r\n.\r\n"]


def test_the_peer_without_tls_offers_none(stage: Stage) -> None:
    with AuditPeers(stage), smtplib.SMTP("127.0.0.1", find_port(stage.lab, SITUATIONS[-1]), timeout=20) as smtp:
        smtp.ehlo()
        assert not smtp.has_extn("starttls")


def test_a_taken_port_is_told(stage: Stage) -> None:
    with AuditPeers(stage), pytest.raises(OSError, match="in use"), AuditPeers(stage):
        raise AssertionError("two servers on one port")
