"""A client that submits for several recipients and with parameters, and that looks at its INBOX for what comes back."""

import imaplib
import smtplib
import time
from collections.abc import Sequence

from mssmail.lab.check.mail import Letter
from mssmail.lab.check.stage import Stage, encode_answer


def submit_to_many(
    stage: Stage, letter: Letter, author: str, recipients: Sequence[str], mail: str = "", rcpt: str = ""
) -> str:
    """Hand the message over with these parameters of MAIL and RCPT; the first refusal, or the answer to the message."""
    account = stage.account(author)
    with smtplib.SMTP("127.0.0.1", stage.operator_of(author).ports.submission, timeout=60) as smtp:
        smtp.starttls(context=stage.build_context(None))
        smtp.login(account.address, account.password)
        commands = [f"MAIL FROM:<{author}> {mail}", *(f"RCPT TO:<{each}> {rcpt}" for each in recipients)]
        for command in commands:
            code, text = smtp.docmd(command.rstrip())
            if code >= 400:
                return encode_answer(code, text)
        return encode_answer(*smtp.data(letter.data))


def find_messages(stage: Stage, address: str, *criteria: str, seconds: float = 20.0) -> list[bytes]:
    """The messages of the account's INBOX that match an IMAP SEARCH, whole; waits until there is one."""
    client = stage.sign_in(address)
    try:
        client.select("INBOX", readonly=True)
        deadline = time.monotonic() + seconds
        while True:
            client.noop()
            _kind, found = client.uid("SEARCH", *criteria)
            if found and found[0]:
                return [_read(client, uid.decode()) for uid in found[0].split()]
            if time.monotonic() > deadline:
                return []
            time.sleep(0.1)
    finally:
        client.logout()


def find_report(stage: Stage, address: str, letter: Letter, action: str, seconds: float = 20.0) -> bytes | None:
    """The delivery report with this Action (RFC 3464 §2.3.3) about the letter, once it lies in the INBOX."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        text = f'"{letter.message_id}"'
        left = max(deadline - time.monotonic(), 0.1)
        for report in find_messages(stage, address, "TEXT", text, seconds=left):
            if is_report(report, action):
                return report
        time.sleep(0.1)
    return None


def is_report(message: bytes, action: str) -> bool:
    """It reports this Action, whoever signed around it."""
    return b"report-type=delivery-status" in message and f"\r\nAction: {action}\r\n".encode() in message


def _read(client: imaplib.IMAP4_SSL, uid: str) -> bytes:
    _kind, parts = client.uid("FETCH", uid, "(BODY.PEEK[])")
    return bytes(next(part[1] for part in parts if isinstance(part, tuple)))
