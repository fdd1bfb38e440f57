"""The message that carries health documents, as the French reference wants it (ECO.2.1 to ECO.2.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mssmail.core.address import Address
from mssmail.documents.pack import Package
from mssmail.errors import BadDocument

ARCHIVE_NAME = "IHE_XDM.zip"
_TEXT = (
    "Bonjour,\n\nVous trouverez ci-joint un document de santé (archive IHE_XDM.zip pour votre logiciel"
    "{copies}).\n\nCordialement,\n{author}\n"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person or program chooses about it."""

    author: Address
    author_name: str
    recipients: tuple[Address, ...]
    text: str = ""  # empty: a few words in French
    product: str = ""  # X-MSS-NIL
    closes: bool = False  # X-MSS-MES: FIN
    wants_receipt: bool = True


def build_letter(
    letter: Letter, package: Package, pdfs: Sequence[bytes | None], message_id: str, at: datetime
) -> bytes:
    """The unsigned message; raises BadDocument. ``pdfs`` are the readable copies, one a document (ECO.2.1.1)."""
    if len(pdfs) > len(package.pdf_names):
        raise BadDocument("there are more PDF files than documents")
    if not all(pdf is None or pdf.startswith(b"%PDF") for pdf in pdfs):
        raise BadDocument("a readable copy is no PDF file")
    message = EmailMessage(SMTP)
    local, domain = letter.author.local, letter.author.domain
    message["From"] = MailAddress(letter.author_name, local, domain)
    message["To"] = [MailAddress("", each.local, each.domain) for each in letter.recipients]
    message["Subject"] = package.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}>"
    message["X-MSS-CODECDA"] = package.codes
    message["X-MSS-INS"] = "O" if package.is_qualified else "N"
    if letter.product:
        message["X-MSS-NIL"] = letter.product
    if letter.closes:
        message["X-MSS-MES"] = "FIN"
    if letter.wants_receipt:
        message["Disposition-Notification-To"] = str(letter.author)
    copies = ", copie lisible en PDF" if any(pdfs) else ""
    message.set_content(letter.text or _TEXT.format(copies=copies, author=letter.author_name or letter.author))
    message.add_attachment(package.archive, maintype="application", subtype="zip", filename=ARCHIVE_NAME)
    for name, pdf in zip(_tell_apart(package.pdf_names), pdfs, strict=False):
        if pdf is not None:
            message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def _tell_apart(names: Sequence[str]) -> list[str]:
    """Two documents of a day and type get numbers."""
    told: list[str] = []
    for name in names:
        stem, chosen, number = name.removesuffix(".pdf"), name, 1
        while chosen in told:
            number += 1
            chosen = f"{stem}_{number}.pdf"
        told.append(chosen)
    return told
