"""A receipt is signed as the operator signs, and is written for somebody."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mssmail.core.receipt import Disposition, ReceiptOrder
from mssmail.flows.receipt_letters import ReceiptLetters
from mssmail.mime.parts import scan
from mssmail.store.messages import KeptMessage
from tests.support.operator_room import BOB, CAROL, MESSAGE, open_operator, write_key

NOW = datetime.now(UTC)


@pytest.mark.parametrize("pss", [False, True])
async def test_a_receipt_is_signed_as_the_operator_signs(tmp_path: Path, *, pss: bool) -> None:
    write_key(tmp_path, "bob@b.test")
    async with open_operator(tmp_path) as operator:
        submission = replace(operator.settings.submission, sign_with_pss=pss)
        settings = replace(operator.settings, submission=submission)
        message = KeptMessage(1, "trace", "", MESSAGE, b"", b"", CAROL, NOW, "trusted", "{}")
        order = ReceiptOrder(1, "trace", BOB, Disposition(), NOW)
        letters = ReceiptLetters(settings, operator.store, operator.examiner)
        delivery = await letters.write_receipt(order, message, scan(MESSAGE), NOW)
        assert delivery is not None
        assert (delivery.summary, delivery.reverse_path, delivery.queue) == ("trusted", None, ())
        [placement] = delivery.placements
        assert placement.account_id == (await operator.find(CAROL)).id


async def test_a_key_that_cannot_be_read_leaves_the_receipt_unsigned(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        (tmp_path / "keys" / "bob@b.test.pem").write_bytes(b"no key")
        message = KeptMessage(1, "trace", "", MESSAGE, b"", b"", CAROL, NOW, "trusted", "{}")
        letters = ReceiptLetters(operator.settings, operator.store, operator.examiner)
        order = ReceiptOrder(1, "trace", BOB, Disposition(), NOW)
        delivery = await letters.write_receipt(order, message, scan(MESSAGE), NOW)
        assert delivery is not None
        assert delivery.summary == "unsigned"


async def test_who_has_gone_is_told_nothing(tmp_path: Path) -> None:
    async with open_operator(tmp_path) as operator:
        nobody = KeptMessage(1, "trace", "", MESSAGE, b"", b"", None, NOW, "trusted", "{}")
        letters = ReceiptLetters(operator.settings, operator.store, operator.examiner)
        order = ReceiptOrder(1, "trace", BOB, Disposition(), NOW)
        assert await letters.write_receipt(order, nobody, scan(MESSAGE), NOW) is None
