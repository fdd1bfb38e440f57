"""Only machines answer by themselves unless somebody says otherwise."""

from mssmail.core.account import AccountKind
from mssmail.settings import Receipts


def test_only_machines_send_receipts_by_themselves() -> None:
    assert Receipts().automatic_kinds == (AccountKind.APP,)
