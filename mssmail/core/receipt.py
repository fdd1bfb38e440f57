"""Receipts: what became of a message after its delivery (message disposition notifications, RFC 8098)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mssmail.core.address import Address


class DispositionType(Enum):
    """What was done with the message (RFC 8098 §3.2.6.2)."""

    DISPLAYED = "displayed"
    PROCESSED = "processed"  # by software, nobody has seen it yet
    DISPATCHED = "dispatched"
    DELETED = "deleted"


class FilingError(Enum):
    """Why software could not file a health document: the indicative codes of the French integration guide."""

    WRONG_VERSION = 900
    AUTHOR_NOT_ALLOWED = 901
    UNKNOWN_PATIENT = 902
    INS_ABSENT = 903
    INS_DIFFERS = 904
    INS_INCOMPLETE = 905
    OTHER = 906

    @property
    def label(self) -> str:
        """The code in words, for the receipt's Error field: French without accents, as ASCII is wanted there."""
        return _LABELS[self]


_LABELS = {
    FilingError.WRONG_VERSION: "Version du document incorrecte",
    FilingError.AUTHOR_NOT_ALLOWED: "Auteur non autorise",
    FilingError.UNKNOWN_PATIENT: "Patient inconnu",
    FilingError.INS_ABSENT: "INS absent",
    FilingError.INS_DIFFERS: "INS different de celui du dossier",
    FilingError.INS_INCOMPLETE: "Traits INS incomplets",
    FilingError.OTHER: "Autre erreur",
}


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a receipt tells: the deed, an error when it failed, and a sentence for people (may be empty)."""

    type: DispositionType = DispositionType.PROCESSED
    error: FilingError | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptOrder:
    """A receipt that is owed for the message of this row and trace id, in the name of one account of ours."""

    message_id: int
    trace_id: str
    recipient: Address
    disposition: Disposition
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """What a message says about receipts: fields of its header, decoded as far as policy needs it.

    ``to`` is empty without a Disposition-Notification-To field; ``is_doubtful`` when a reader could take it for another
    address. ``required`` are options that must be understood to answer (RFC 8098 §2.2), whose meaning we do not know.
    """

    to: tuple[Address, ...] = ()
    is_asked: bool = False
    is_doubtful: bool = False
    authors: tuple[Address, ...] = ()
    required: tuple[str, ...] = ()
    is_automatic: bool = False  # Auto-Submitted other than "no" (RFC 3834 §5)
    is_report: bool = False  # a delivery report or a receipt itself
    is_list: bool = False  # from a list, or bulk


@dataclass(frozen=True, slots=True)
class ReceivedReceipt:
    """A receipt as it came in, machine-readable part only. Empty: the field is missing or unreadable."""

    original_message_id: str
    final_recipient: str
    disposition: str  # the type's word, lower-case
    is_automatic: bool
    errors: tuple[str, ...] = ()
