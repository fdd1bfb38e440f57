"""The stranger's messages: built with the standard library, signed as a peer or a client would."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path

from mssmail.core.clock import read_clock
from mssmail.flows.signing import load_signing_key
from mssmail.smime.sign import sign_message


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and the Message-ID by which it is found again."""

    message_id: str
    data: bytes


def build_letter(author: str, recipient: str, *, size: int = 0, pdf: int = 0, subject: str = "Compte rendu") -> Letter:
    """An unsigned message: about ``size`` octets of text, and a PDF attachment of ``pdf`` octets when asked."""
    message = EmailMessage(SMTP)
    message["From"], message["To"], message["Subject"] = author, recipient, subject
    message["Date"] = format_datetime(read_clock())
    message["Message-ID"] = make_msgid(domain=author.rpartition("@")[2])
    line = "Biologie du jour : valeurs dans les normes, sauf mention contraire.\n"
    message.set_content(line * max(1, size // len(line)))
    if pdf:
        content = b"%PDF-1.4\n" + os.urandom(pdf) + b"\n%%EOF\n"
        message.add_attachment(content, maintype="application", subtype="pdf", filename="compte-rendu.pdf")
    return Letter(str(message["Message-ID"]), message.as_bytes())


def sign_letter(letter: Letter, key_file: Path) -> Letter:
    """The letter as multipart/signed by the key and certificates of one PEM file."""
    return Letter(letter.message_id, sign_message(letter.data, load_signing_key(key_file), read_clock()))


def sign_with_openssl(letter: Letter, key_file: Path, chain_file: Path) -> Letter:
    """The letter signed by the ``openssl cms`` command: a stranger's idea of S/MIME."""
    inner_start = letter.data.lower().index(b"content-type:")  # the library writes the content fields last
    with tempfile.TemporaryDirectory() as folder:
        entity = Path(folder, "entity")
        entity.write_bytes(letter.data[inner_start:])
        command = ["openssl", "cms", "-sign", "-binary", "-in", str(entity)]
        command += ["-signer", str(key_file), "-certfile", str(chain_file)]
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - fixed command
    signed = done.stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Letter(letter.message_id, letter.data[:inner_start] + signed)


def alter(letter: Letter) -> Letter:
    """The same with one octet of the signed text changed."""
    place = letter.data.index(b"Biologie")
    return Letter(letter.message_id, letter.data[:place] + b"b" + letter.data[place + 1 :])
