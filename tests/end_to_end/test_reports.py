"""Delivery reports from one operator to the other's client, by whole operators over real sockets."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from mssmail.journal import Entry, Event
from mssmail.settings import Settings
from mssmail.store.messages import KeptMessage
from tests.flows.dispatch_room import until
from tests.support.pair import MARIE, PAUL, Side, open_pair

MESSAGE = (
    f"From: Marie <{MARIE}>\r\nTo: <{PAUL}>\r\nSubject: Bonjour\r\nMessage-ID: <1@a.test>\r\n\r\nUn texte.\r\n"
).encode()


def _read_status(kept: KeptMessage) -> str:
    """The delivery-status part of a report, signed as it should be."""
    message = email.message_from_bytes(kept.data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "multipart/signed"
    assert (kept.reverse_path, kept.summary) == (None, "trusted")
    (status,) = (part for part in message.walk() if part.get_content_type() == "message/delivery-status")
    return status.as_string().replace("\r\n", "\n")


async def _wait_for(side: Side, event: Event) -> Entry:
    found: list[Entry] = []

    async def has_come() -> bool:
        found[:] = [entry for entry in await side.read_journal() if entry.event is event]
        return bool(found)

    await until(has_come)
    return found[0]


async def test_notify_success_comes_back_from_the_other_operator_to_the_letter(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as (a, c):
        refused = await a.submit(
            MESSAGE,
            [str(PAUL)],
            mail=["RET=HDRS", "ENVID=Qq+2B314"],
            rcpt=["NOTIFY=success,Failure", "ORCPT=rfc822;Paul@C.Test"],
        )
        assert refused == {}
        (received,) = await c.find_mail()
        (report,) = await a.find_mail()
    assert received.parameters.encode() == "RET=HDRS ENVID=Qq+2B314"
    status = _read_status(report)
    assert "Original-Envelope-Id: Qq+314\nReporting-MTA: dns; mss.c.test\n" in status
    assert (
        "Original-Recipient: rfc822; Paul@C.Test\n"
        "Final-Recipient: rfc822; paul@c.test\n"
        "Action: delivered\n"
        "Status: 2.0.0\n"
    ) in status
    assert b"Subject: Bonjour" in report.data
    assert b"Un texte." not in report.data


async def test_a_refusal_for_good_returns_the_whole_message_where_that_was_asked(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as (a, _):
        await a.submit(MESSAGE, ["nobody@c.test"], mail=["RET=FULL"], rcpt=["NOTIFY=FAILURE"])
        (report,) = await a.find_mail()
    status = _read_status(report)
    assert "Reporting-MTA: dns; mss.a.test\n" in status
    assert "Final-Recipient: rfc822; nobody@c.test\nAction: failed\nStatus: 5.1.1\n" in status
    assert b"Un texte." in report.data


async def test_never_means_never_and_local_delivery_is_reported_too(tmp_path: Path) -> None:
    async with open_pair(tmp_path) as (a, _):
        await a.submit(MESSAGE, ["nobody@c.test"], rcpt=["NOTIFY=NEVER"])
        bounced = await _wait_for(a, Event.BOUNCED)
        await a.submit(MESSAGE, [str(MARIE)], rcpt=["NOTIFY=SUCCESS"])
        found = await a.find_mail(2)
    assert "report" not in bounced.facts
    reports = [kept for kept in found if kept.reverse_path is None]
    assert len(reports) == 1
    assert "Action: delivered" in _read_status(reports[0])


async def test_waiting_is_reported_once_and_then_the_end(tmp_path: Path) -> None:
    def close_door(settings: Settings) -> Settings:
        dead = replace(settings.route[0], port=9)
        queue = replace(settings.queue, give_up_seconds=3, delay_report_seconds=(0,))
        return replace(settings, route=(dead,), queue=queue)

    async with open_pair(tmp_path, change=close_door) as (a, _):
        await a.submit(MESSAGE, [str(PAUL)])
        delayed, failed = await a.find_mail(2)
    assert "Action: delayed\nStatus: 4.4.1\n" in _read_status(delayed)
    assert "Will-Retry-Until: " in _read_status(delayed)
    assert "Action: failed\nStatus: 4.4.7\n" in _read_status(failed)
