"""To whom a report goes, whose name it bears, and who signs it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.envelope import Envelope
from mssmail.core.parameters import PLAIN_MAIL, MailParameters, RecipientParameters
from mssmail.core.reply import Reply
from mssmail.core.report import Action
from mssmail.delivery.reported import Report, ReportedMessage, ReportedRecipient
from mssmail.errors import WorkerFault
from mssmail.flows.reports import Reporter
from mssmail.settings import Settings
from mssmail.store.messages import Delivery
from tests.flows.dispatch_room import ANNE, CLEO
from tests.support.operator_room import BOB, Operator, build_envelope, open_operator, write_key

AT = datetime.now(UTC)
FAILURE = ReportedRecipient(ANNE, Reply(550, "5.1.1", "nobody"), "", "mx.a.test")
NOBODY = parse_address("nobody@b.test")


async def _prepare(
    operator: Operator,
    sender: Address = BOB,
    settings: Settings | None = None,
    parameters: MailParameters = PLAIN_MAIL,
) -> Delivery | None:
    data = b"Subject: hello\r\n\r\nhello\r\n"
    message = ReportedMessage(sender, data, "trace", AT, parameters)
    reporter = Reporter(settings or operator.settings, operator.store, operator.examiner)
    return await reporter.prepare(Report(Action.FAILED, message, (FAILURE,)), AT)


async def _prepare_some(
    operator: Operator,
    sender: Address = BOB,
    settings: Settings | None = None,
    parameters: MailParameters = PLAIN_MAIL,
) -> Delivery:
    delivery = await _prepare(operator, sender, settings, parameters)
    assert delivery is not None
    return delivery


async def test_our_own_sender_gets_it_into_the_inbox(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        delivery = await _prepare_some(operator)
        account = await operator.find(BOB)
    assert [placement.account_id for placement in delivery.placements] == [account.id]
    assert (delivery.queue, delivery.reverse_path, delivery.summary) == ((), None, "unsigned")
    assert delivery.index.subject == "Message non remis / Undelivered mail"


async def test_a_sender_elsewhere_gets_it_by_the_queue(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        delivery = await _prepare_some(operator, CLEO)
    assert (delivery.placements, delivery.queue) == ((), (CLEO,))
    assert delivery.asked == {CLEO: RecipientParameters("NEVER")}
    assert b"From: Remise du courrier / Mail delivery <postmaster@b.test>" in delivery.body.data


async def test_nobody_to_tell_means_no_report(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        assert await _prepare(operator, NOBODY) is None


@pytest.mark.parametrize(("ret", "is_returned"), [("FULL", True), ("HDRS", False), ("", False)])
async def test_what_is_returned_is_what_was_asked_for(tmp_path: Path, ret: str, is_returned: bool) -> None:
    async with open_operator(tmp_path) as operator:
        delivery = await _prepare_some(operator, parameters=MailParameters(ret))
    assert (b"\r\nhello\r\n" in delivery.body.data) is is_returned


async def test_a_message_too_large_to_return_is_returned_as_header(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        queue = replace(operator.settings.queue, max_returned_bytes=20)
        settings = replace(operator.settings, queue=queue)
        delivery = await _prepare_some(operator, settings=settings, parameters=MailParameters("FULL"))
    assert b"text/rfc822-headers" in delivery.body.data


async def test_a_report_is_guarded_as_the_message_was(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        delivery = await _prepare_some(operator, CLEO, parameters=MailParameters("FULL", "id1", requires_tls=True))
    assert delivery.parameters == MailParameters(requires_tls=True)
    assert b"text/rfc822-headers" in delivery.body.data


def _build_envelope(reverse_path: ReversePath, **notify: str) -> Envelope:
    asked = {parse_address(f"{name}@b.test"): RecipientParameters(word) for name, word in notify.items()}
    envelope = build_envelope(b"Subject: hello\r\n\r\nhello\r\n", *asked, reverse_path=reverse_path)
    return replace(envelope, asked=asked, parameters=MailParameters("FULL", "id1"))


async def test_a_delivery_is_reported_to_who_asked_for_it(tmp_path: Path) -> None:
    envelope = _build_envelope(BOB, bob="SUCCESS", carol="NEVER", dave="FAILURE")
    async with open_operator(tmp_path) as operator:
        reporter = Reporter(operator.settings, operator.store, operator.examiner)
        (report,) = await reporter.prepare_settled(envelope, dict.fromkeys(envelope.recipients, Action.DELIVERED), AT)
        for sender, word in ((None, "SUCCESS"), (BOB, "FAILURE"), (NOBODY, "SUCCESS")):
            assert await reporter.prepare_settled(_build_envelope(sender, bob=word), {BOB: Action.DELIVERED}, AT) == ()
    assert (report.reverse_path, report.index.subject) == (None, "Message remis / Delivered mail")
    data = report.body.data
    assert data.count(b"Final-Recipient: rfc822; bob@b.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n") == 1
    assert b"carol" not in data
    assert b"dave" not in data
    assert b"Original-Envelope-Id: id1\r\n" in data
    assert b"text/rfc822-headers" in data


async def test_the_organisation_of_the_sender_s_domain_signs(tmp_path: Path) -> None:
    write_key(tmp_path, "domain-signing-authority@v.test")
    async with open_operator(tmp_path) as operator:
        signed = await _prepare_some(operator, parse_address("vera@v.test"))
        unsigned = await _prepare_some(operator)
    assert signed.summary == "trusted"
    assert b"smime=pass" in signed.prefix
    assert b"<postmaster@v.test>" in signed.body.data
    assert unsigned.summary == "unsigned"


async def test_a_postmaster_from_the_settings_is_the_author(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        server = replace(operator.settings.server, postmaster="courrier@o.test")
        delivery = await _prepare_some(operator, BOB, replace(operator.settings, server=server))
    assert b"<courrier@o.test>" in delivery.body.data


async def test_a_key_that_cannot_be_used_does_not_keep_the_sender_in_the_dark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_key(tmp_path, "domain-signing-authority@b.test").write_bytes(b"no key")
    async with open_operator(tmp_path) as operator:
        delivery = await _prepare_some(operator)
    assert delivery.summary == "unsigned"
    assert "unsigned" in caplog.text


async def test_a_worker_s_fault_is_the_caller_s_to_deal_with(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = WorkerFault("died")
        with pytest.raises(WorkerFault):
            await _prepare(operator)


async def test_that_a_message_was_relayed_is_told_whatever_becomes_of_the_workers(tmp_path: Path) -> None:
    write_key(tmp_path, "domain-signing-authority@b.test")
    async with open_operator(tmp_path) as operator:
        operator.examiner.fault = WorkerFault("gone")
        reporter = Reporter(operator.settings, operator.store, operator.examiner)
        message = ReportedMessage(BOB, b"Subject: hostile\r\n\r\nhello\r\n", "trace", AT)
        told = ReportedRecipient(ANNE, Reply(250, "2.0.0", "ok"), "", "mx.a.test")
        delivery = await reporter.prepare(Report(Action.RELAYED, message, (told,)), AT)
        assert delivery is not None
        data = delivery.body.data
        assert delivery.index.subject == "Message transmis / Relayed mail"
        assert b"Action: relayed" in data
        assert b"multipart/signed" in data
        assert b"hostile" not in data
        with pytest.raises(WorkerFault):
            await reporter.prepare(Report(Action.FAILED, message, (told,)), AT)
