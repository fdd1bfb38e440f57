"""Only what concerns receipts is written about them."""

from pathlib import Path

import pytest

from mssmail.flows.receipt_steps import plan_receipt_steps
from tests.support.operator_room import ALICE, BOB, MESSAGE, Operator, build_envelope, open_operator

ASKING = MESSAGE.replace(b"Subject:", b"Disposition-Notification-To: bob@b.test\r\nSubject:")


async def _count(operator: Operator, data: bytes, *, is_ours: bool) -> int:
    envelope = build_envelope(data, ALICE, reverse_path=BOB, login=BOB if is_ours else None)
    examination = await operator.intake.examine(data, verify=True)
    return len(await plan_receipt_steps(operator.settings, envelope, examination, operator.intake.clock()))


@pytest.mark.parametrize(
    ("data", "is_ours", "steps"),
    [
        (MESSAGE, True, 0),
        (MESSAGE + b"disposition-notification\r\n", False, 0),
        (ASKING, False, 1),
        (ASKING, True, 2),
        (ASKING.replace(b"Message-ID: <1@a.test>\r\n", b""), True, 1),
    ],
)
async def test_steps(tmp_path: Path, data: bytes, *, is_ours: bool, steps: int) -> None:
    async with open_operator(tmp_path) as operator:
        assert await _count(operator, data, is_ours=is_ours) == steps
