"""How the stranger speaks to the lab: as a peer over mutual TLS, as a client that submits, as a client that reads."""

import hashlib
import imaplib
import smtplib
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from mssmail.core.address import parse_address
from mssmail.lab.check.mail import Letter
from mssmail.lab.layout import Lab, LabAccount, LabOperator

_ARRIVAL_SECONDS = 20.0


def encode_answer(code: int, text: bytes) -> str:
    """Code and enhanced status of a reply, then its text."""
    return f"{code} {text.decode('ascii', 'replace')}".replace("\n", " / ")


@dataclass(frozen=True, slots=True)
class Stage:
    """The lab as the stranger sees it."""

    lab: Lab

    def operator_of(self, address: str) -> LabOperator:
        """The operator that holds the address's domain."""
        domain = parse_address(address).domain
        return next(operator for operator in self.lab.operators if domain in operator.domains)

    def account(self, address: str) -> LabAccount:
        """The account of this address."""
        return next(account for account in self.lab.accounts if account.address == address)

    def scenario(self, name: str, field: str) -> Path:
        """A file of one of the lab's scenario certificates: ``cert``, ``key`` or ``pem``."""
        return Path(self.lab.scenarios[name][field])

    def build_context(self, scenario: str | None) -> ssl.SSLContext:
        """A TLS context that trusts the lab's CA and, with a scenario, shows its certificate."""
        context = ssl.create_default_context(cafile=str(self.lab.ca_file))
        if scenario is not None:
            context.load_cert_chain(self.scenario(scenario, "cert"), self.scenario(scenario, "key"))
        return context

    def send_as_peer(
        self,
        letter: Letter,
        sender: str,
        recipient: str,
        *,
        scenario: str | None = "peer",
        tls: bool = True,
        raw: bool = False,
    ) -> str:
        """Hand a message to the recipient's operator; the first refusal, or the answer to the message.

        ``sender`` is what stands between the brackets of MAIL FROM. ``raw`` sends the bytes as they are.
        """
        return self._transact(letter, sender, recipient, scenario if tls else None, tls=tls, raw=raw)

    def _find_smtp(self, recipient: str) -> int:
        """The port of the operator that holds the recipient, or of the first: some recipients nobody holds."""
        domain = parse_address(recipient).domain
        found = [operator for operator in self.lab.operators if domain in operator.domains]
        return (found or self.lab.operators)[0].ports.smtp

    def _transact(
        self, letter: Letter, sender: str, recipient: str, scenario: str | None, *, tls: bool, raw: bool
    ) -> str:
        with smtplib.SMTP("127.0.0.1", self._find_smtp(recipient), "etranger.test", timeout=60) as smtp:
            smtp.ehlo()
            if tls:
                smtp.starttls(context=self.build_context(scenario))
                smtp.ehlo()
            for command in (f"MAIL FROM:<{sender}> SIZE={len(letter.data)}", f"RCPT TO:<{recipient}>"):
                code, text = smtp.docmd(command)
                if code >= 400:
                    return encode_answer(code, text)
            if raw:
                smtp.docmd("DATA")
                smtp.send(letter.data + b"\r\n.\r\n")
                return encode_answer(*smtp.getreply())
            return encode_answer(*smtp.data(letter.data))

    def submit(
        self, letter: Letter, author: str, recipient: str, *, implicit: bool = False, login: str | None = None
    ) -> str:
        """Send as a client does: sign in (as the author, unless said otherwise), then hand the message over."""
        account = self.account(login or author)
        operator = self.operator_of(author)
        context = self.build_context(None)
        if implicit:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", operator.ports.submissions, timeout=60, context=context)
        else:
            smtp = smtplib.SMTP("127.0.0.1", operator.ports.submission, timeout=60)
        with smtp:
            if not implicit:
                smtp.starttls(context=context)
            smtp.login(account.address, account.password)
            for command in (f"MAIL FROM:<{author}>", f"RCPT TO:<{recipient}>"):
                code, text = smtp.docmd(command)
                if code >= 400:
                    return encode_answer(code, text)
            return encode_answer(*smtp.data(letter.data))

    def sign_in(self, address: str) -> imaplib.IMAP4_SSL:
        """An IMAP session of this account."""
        account = self.account(address)
        port = self.operator_of(address).ports.imaps
        client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=self.build_context(None), timeout=60)
        try:
            client.login(account.address, account.password)
        except BaseException:
            client.shutdown()
            raise
        return client

    def fetch(self, address: str, letter: Letter, seconds: float = _ARRIVAL_SECONDS) -> bytes | None:
        """The message as the account reads it in its INBOX, waiting for it so long; None when it does not come."""
        client = self.sign_in(address)
        try:
            client.select("INBOX", readonly=True)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                client.noop()
                _kind, found = client.uid("SEARCH", "HEADER", "Message-ID", f'"{letter.message_id}"')
                if found and found[0]:
                    return self._read(client, found[0].split()[-1].decode())
                time.sleep(0.1)
            return None
        finally:
            client.logout()

    @staticmethod
    def _read(client: imaplib.IMAP4_SSL, uid: str) -> bytes:
        _kind, parts = client.uid("FETCH", uid, "(BODY.PEEK[])")
        return bytes(next(part[1] for part in parts if isinstance(part, tuple)))

    def describe_arrival(self, address: str, letter: Letter) -> str:
        """``delivered, same bytes, smime=pass`` or what is different."""
        view = self.fetch(address, letter)
        if view is None:
            return "did not arrive"
        return f"delivered, {compare_bytes(view, letter.data)}, {find_verdict(view)}"


def compare_bytes(view: bytes, sent: bytes) -> str:
    """Whether what was fetched, without our prefix, has the SHA-256 of what was sent."""
    fetched = hashlib.sha256(view[-len(sent) :]).hexdigest()
    return "same bytes" if fetched == hashlib.sha256(sent).hexdigest() else "OTHER BYTES"


def find_verdict(view: bytes) -> str:
    """The ``smime=…`` result of the topmost Authentication-Results field."""
    header = view.partition(b"\r\n\r\n")[0].replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ")
    for line in header.split(b"\r\n"):
        if line.lower().startswith(b"authentication-results:"):
            words = line.replace(b";", b" ").split()
            return next((word.decode() for word in words if word.startswith(b"smime=")), "no smime result")
    return "no Authentication-Results"
