"""Everything learnt from the bytes of one message, by code that does no I/O."""

from dataclasses import dataclass, field

from mssmail.core.address import Address
from mssmail.core.appearance import Notice
from mssmail.core.findings import NO_FINDINGS, Findings
from mssmail.core.listing import Listing
from mssmail.core.message import Span
from mssmail.core.missing import MissingStatus
from mssmail.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Index:
    """What IMAP answers without reading the message again, computed once.

    ``envelope``, ``body`` and ``bodystructure`` are IMAP syntax (RFC 9051 §7.5.2), ready to be sent. ``parts`` is the
    encoded part table of ``mime.part_table``: offsets into the message's own bytes (without our prefix).
    The text fields are decoded and unfolded, for SEARCH; addresses as ``Name <local@domain>, …``.
    """

    envelope: bytes
    body: bytes
    bodystructure: bytes
    parts: bytes
    header: Span  # the top-level header, with the blank line that ends it
    cuts: tuple[Span, ...] = ()  # top-level Authentication-Results fields that claim our authserv-id (RFC 8601 §5)
    subject: str = ""
    sender: str = ""  # From
    to: str = ""
    cc: str = ""
    bcc: str = ""
    message_id: str = ""
    sent_on: str = ""  # the Date field's own calendar date, ISO 8601, for SENTON and friends (RFC 9051 §6.4.4)
    listing: Listing | None = None  # for lists of messages; None: nobody has made one, the store will


@dataclass(frozen=True, slots=True)
class Examination:
    """bytes → this. ``missing`` names what judging would have needed."""

    verdict: Verdict
    index: Index
    authors: tuple[Address, ...] = ()  # the From field's addresses
    sender: Address | None = None  # the Sender field's, when there is one
    report_type: str = ""  # report-type of a top-level multipart/report (RFC 6522 §3), lower-case
    missing: tuple[MissingStatus, ...] = ()
    may_hold_documents: bool = False  # health documents, or fields that speak of them: worth a second, closer look
    may_be_receipt: bool = True  # worth reading as one (RFC 8098)
    findings: Findings = NO_FINDINGS  # what that look found
    faults: tuple[str, ...] = field(default=())  # what is wrong with the MIME, in words; never a reason to fail a FETCH
    notices: tuple[Notice, ...] = ()  # where it may show its reader something else than what was checked
