"""Reports that come back for mail we sent on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.parameters import RecipientParameters
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.dsn import build_report
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.flows.returns import read_reply
from mssmail.flows.signing import load_signing_key
from mssmail.mime.delivery_status import RecipientStatus, read_delivery_status
from mssmail.mime.parts import scan
from mssmail.smime.sign import sign_message
from mssmail.store.aliases import add_targets
from mssmail.store.messages import KeptMessage, load_message
from mssmail.store.queue import list_items
from tests.support.operator_room import (
    ALICE,
    CAROL,
    MESSAGE,
    Operator,
    build_envelope,
    open_operator,
    sign,
    write_key,
)
from tests.support.store import NOW

TEAM, FAR = parse_address("team@b.test"), parse_address("eve@c.test")


async def _send_on(operator: Operator, data: bytes, parameters: RecipientParameters | None = None) -> Address:
    """Mail from alice goes on to eve; the reverse path it left with."""
    await asyncio.wrap_future(operator.store.submit(lambda conn: add_targets(conn, TEAM, (FAR,), NOW)))
    asked = {} if parameters is None else {TEAM: parameters}
    assert (await operator.receiver.receive(replace(build_envelope(data, TEAM), asked=asked))).code == 250
    [item] = await asyncio.wrap_future(operator.store.read(list_items))
    assert item.reverse_path is not None
    return item.reverse_path


def _report(path: Address, directory: Path, action: Action = Action.FAILED) -> bytes:
    """What eve's operator tells us, signed by it."""
    told = ReportedRecipient(FAR, Reply(550, "5.1.1", "No such account"), "", "mx.c.test", datetime.now(UTC))
    about = ReportedMessage(path, MESSAGE, "there", datetime.now(UTC))
    plain = build_report(Report(action, about, (told,)), parse_address("postmaster@c.test"), "mx.c.test", "r1", NOW)
    key = load_signing_key(write_key(directory, "domain-signing-authority@c.test"))
    return sign_message(plain, key, datetime.now(UTC))


async def _load_reports(operator: Operator) -> list[KeptMessage]:
    """What is queued for alice."""
    items = await asyncio.wrap_future(operator.store.read(list_items))
    ids = [item.message_id for item in items if item.recipient == ALICE]
    kept = [await asyncio.wrap_future(operator.store.read(lambda conn, id=id: load_message(conn, id))) for id in ids]  # type: ignore[misc]
    return [each for each in kept if each is not None]


async def test_a_bounce_reaches_the_author_as_our_own_signed_report(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    write_key(tmp_path, "domain-signing-authority@b.test")
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data, RecipientParameters("FAILURE", "rfc822;first@b.test"))
        reply = await operator.receiver.receive(build_envelope(_report(path, tmp_path), path, reverse_path=None))
        assert reply.code == 250
        [report] = await _load_reports(operator)
        assert report.reverse_path is None
        assert report.summary == "trusted"
        status = read_delivery_status(report.data, scan(report.data))
        assert status is not None
        assert status.recipients == (
            RecipientStatus(Action.FAILED, "eve@c.test", "first@b.test", "5.1.1", "550 5.1.1 No such account"),
        )
        assert b"From: Alice <alice@a.test>" in status.returned


async def test_the_same_report_again_changes_nothing(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data)
        report = _report(path, tmp_path)
        for _ in range(3):
            reply = await operator.receiver.receive(build_envelope(report, path, reverse_path=None))
            assert reply.code == 250
        assert len(await _load_reports(operator)) == 1


@pytest.mark.parametrize(
    ("notify", "action", "number"),
    [
        ("NEVER", Action.FAILED, 0),
        ("SUCCESS", Action.FAILED, 0),
        ("", Action.DELAYED, 1),
        ("", Action.DELIVERED, 0),
        ("SUCCESS", Action.DELIVERED, 1),
    ],
)
async def test_the_author_hears_what_was_asked_for(tmp_path: Path, notify: str, action: Action, number: int) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data, RecipientParameters(notify))
        await operator.receiver.receive(build_envelope(_report(path, tmp_path, action), path, reverse_path=None))
        assert len(await _load_reports(operator)) == number


async def test_other_recipients_of_a_report_get_it_too(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data)
        await operator.receiver.receive(build_envelope(_report(path, tmp_path), path, CAROL, reverse_path=None))
        assert len(await _load_reports(operator)) == 1
        assert len(await operator.list_inbox(CAROL)) == 1


async def test_an_answer_that_is_no_report_goes_on_to_the_author_as_it_is(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    answer = sign(MESSAGE.replace(b"Alice <alice@a.test>", b"eve@c.test"), tmp_path, "eve@c.test")
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data)
        await operator.receiver.receive(build_envelope(answer, path, reverse_path=None))
        [sent] = await _load_reports(operator)
        assert sent.data == answer
        assert sent.reverse_path is None


async def test_who_may_write_to_a_reverse_path(tmp_path: Path) -> None:
    data = sign(MESSAGE, tmp_path)
    async with open_operator(tmp_path) as operator:
        path = await _send_on(operator, data)
        boxes, now = operator.intake.boxes, datetime.now(UTC)
        forged = Address(path.local[:-1] + ("a" if path.local[-1] != "a" else "b"), path.domain)
        assert (await boxes.find_way(path, None, now)).leads_on
        assert not (await boxes.find_way(path, ALICE, now)).leads_on  # reports only
        assert not (await boxes.find_way(forged, None, now)).leads_on
        assert not (await boxes.find_way(path, None, now.replace(year=now.year + 1))).leads_on


@pytest.mark.parametrize(
    ("status", "diagnostic", "reply"),
    [
        ("5.1.1", "550 5.1.1 No such account", "550 5.1.1 No such account"),
        ("5.1.1", "No such account", "550 5.1.1 No such account"),
        ("4.4.1", "", "450 4.4.1"),
        ("5.1.1", "451 4.1.1 confused", "550 5.1.1 4.1.1 confused"),
        ("2.1.5", "250 ok", "None"),
        ("", "550 no", "None"),
    ],
)
def test_a_reply_is_read_from_what_a_report_says(status: str, diagnostic: str, reply: str) -> None:
    assert str(read_reply(RecipientStatus(Action.FAILED, "x@c.test", "", status, diagnostic))) == reply
