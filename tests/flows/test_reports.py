"""To whom a report goes, whose name it bears, and who signs it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.address import Address, ReversePath, parse_address
from mssmail.core.reply import Reply
from mssmail.delivery.dsn import FailedRecipient
from mssmail.errors import WorkerFault
from mssmail.flows.reports import Reporter
from mssmail.settings import Settings
from mssmail.store.messages import Delivery, KeptMessage
from tests.flows.dispatch_room import ANNE, CLEO
from tests.support.operator_room import BOB, Operator, open_operator, write_key

AT = datetime.now(UTC)
FAILURE = FailedRecipient(ANNE, Reply(550, "5.1.1", "nobody"), "", "mx.a.test")
NOBODY = parse_address("nobody@b.test")


async def _prepare(
    operator: Operator, reverse_path: ReversePath = BOB, settings: Settings | None = None
) -> Delivery | None:
    data = b"Subject: hello\r\n\r\nhello\r\n"
    message = KeptMessage(1, "trace", "", data, b"", b"", reverse_path, AT, "trusted", "{}")
    reporter = Reporter(settings or operator.settings, operator.store, operator.examiner)
    return await reporter.prepare(message, (FAILURE,), AT)


async def _prepare_some(
    operator: Operator, reverse_path: ReversePath = BOB, settings: Settings | None = None
) -> Delivery:
    delivery = await _prepare(operator, reverse_path, settings)
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
    assert b"From: Remise du courrier / Mail delivery <postmaster@b.test>" in delivery.body.data


@pytest.mark.parametrize("sender", [None, NOBODY])
async def test_nobody_to_tell_means_no_report(tmp_path: Path, sender: Address | None) -> None:
    async with open_operator(tmp_path) as operator:
        assert await _prepare(operator, sender) is None


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
