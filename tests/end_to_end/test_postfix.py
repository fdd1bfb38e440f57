"""Postfix as the other operator, in both directions over mutual TLS: parameters of RFC 3461, SMTPUTF8, chunks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mssmail.core.address import parse_address
from mssmail.core.clock import read_clock
from mssmail.settings import Route
from tests.support.pair import MARIE, Placing, Side, open_side
from tests.support.pki import Pki
from tests.support.ports import find_port_base
from tests.support.postfix import Postfix, run_postfix
from tests.support.signed_mail import sign

ZOE = parse_address("zoé@a.test")


@dataclass
class Neighbours:
    """Our operator, and Postfix beside it."""

    ours: Side
    postfix: Postfix
    pki: Pki

    def sign_there(self, author: str, subject: str) -> bytes:
        """A message signed by the organisation on Postfix's side."""
        header = f"From: <{author}>\r\nTo: <{MARIE}>\r\nSubject: {subject}\r\nMessage-ID: <{len(subject)}@p.test>\r\n"
        date = "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
        return sign(self.pki.make_organisation("p.test"), f"{header}{date}\r\nBonjour.\r\n".encode())


@pytest.fixture(params=[MARIE, ZOE], ids=["ascii", "utf8"])
async def neighbours(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Neighbours]:
    pki, base = Pki(read_clock().replace(microsecond=0)), find_port_base()
    trusted = tmp_path / "trusted.pem"
    folder = pki.write_anchors(tmp_path / "roots")
    pki.issuing.credential.write(tmp_path, "issuing")
    roots = b"".join(path.read_bytes() for path in sorted(folder.glob("*")))
    trusted.write_bytes((tmp_path / "issuing.crt").read_bytes() + roots)
    placing = Placing(base, (Route("p.test", "127.0.0.1", base + 125),), ("a.test", "p.test"))
    operator = pki.make_operator("mss.p.test")
    async with (
        run_postfix(operator, trusted, (base + 125, base + 187), {"a.test": base + 25}) as postfix,
        open_side(tmp_path / "a", pki, request.param, placing) as ours,
    ):
        yield Neighbours(ours, postfix, pki)
        print(postfix.read_log())  # pytest shows it when a test fails


def _build(author: object, to: str) -> bytes:
    return f"From: <{author}>\r\nTo: <{to}>\r\nSubject: Bonjour\r\n\r\nUn texte.\r\n".encode()


async def test_postfix_takes_our_mail_and_reports_what_was_asked_for(neighbours: Neighbours) -> None:
    ours, postfix = neighbours.ours, neighbours.postfix
    there, user = ("pierre@p.test", "pierre") if ours.address == MARIE else ("andré@p.test", "andre")
    extra = [] if ours.address == MARIE else ["SMTPUTF8"]
    orcpt = "rfc822;Pierre@P.Test" if ours.address == MARIE else "utf-8;andré@p.test"
    refused = await ours.submit(
        _build(ours.address, there),
        [there],
        mail=["RET=HDRS", "ENVID=Qq+2B1", *extra],
        rcpt=["NOTIFY=SUCCESS", f"ORCPT={orcpt}"],
    )
    assert refused == {}
    (received,) = await postfix.find_mail(user)
    assert b"Un texte.\r\n" in received
    (report,) = await ours.find_mail()
    assert report.reverse_path is None
    assert b"Original-Envelope-Id: Qq+1\r\n" in report.data
    if ours.address == MARIE:  # an international one Postfix 3.7 writes in a way of its own
        assert b"Original-Recipient: rfc822;Pierre@P.Test" in report.data
    assert b"Action: delivered" in report.data
    await postfix.wait_for_log("bdat=1")


async def test_postfix_s_mail_reaches_us_and_our_report_reaches_its_author(neighbours: Neighbours) -> None:
    ours, postfix = neighbours.ours, neighbours.postfix
    author, user = ("pierre@p.test", "pierre") if ours.address == MARIE else ("andré@p.test", "andre")
    extra = [] if ours.address == MARIE else ["SMTPUTF8"]
    data = neighbours.sign_there(author, "Bonjour")
    await postfix.submit(data, author, [str(ours.address)], mail=["ENVID=Aa+2B2", *extra], rcpt=["NOTIFY=SUCCESS"])
    (received,) = await ours.find_mail()
    assert (str(received.reverse_path), received.summary) == (author, "trusted")
    assert received.parameters.envid == "Aa+2B2"
    assert received.data.endswith(data)
    (report,) = await postfix.find_mail(user)
    assert b"Action: delivered" in report
    assert b"multipart/signed" in report
