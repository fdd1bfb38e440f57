"""Receipts that accounts of machines send by themselves."""

from dataclasses import dataclass

from mssmail.core.account import AccountKind
from mssmail.settings.meaning import setting


@dataclass(frozen=True, slots=True)
class Receipts:
    """Receipts (RFC 8098) sent by the server itself, and how long those we get are recognised."""

    automatic_kinds: tuple[AccountKind, ...] = setting(
        (AccountKind.APP,), "Kinds of accounts whose receipts are sent automatically."
    )
    own_receipts: tuple[str, ...] = setting((), "Addresses of such accounts whose software sends its receipts itself.")
    max_attached_bytes: int = setting(26_214_400, "A larger original is attached to its receipt by its header only.")
    remember_days: int = setting(400, "Receipts for our own mail are recognised for so long.")
    error_account: str = setting("", "Who hears of documents not filed when their sender asked for no receipt.")
