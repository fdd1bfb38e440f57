"""One operator as a process of its own, and strangers that speak to it: for tests of what goes wrong."""

import imaplib
import json
import os
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import httpx

from mssmail.settings import LogFormat, Settings, encode_settings, load_settings
from mssmail.smime.sign import SigningKey, sign_message
from tests.support.operators import PASSWORD, Site, build_site
from tests.support.pki import Pki

PEER, PEER_NAME = "p@peer.test", "mss.peer.test"
MARIE = "marie@a.test"
PATIENCE_SECONDS = 60.0


def make_site(folder: Path, pki: Pki, **changes: object) -> Site:
    """An operator of a.test with JSON logs; ``changes`` replace tables of its settings."""
    site = build_site(folder, pki, datetime.now(UTC))
    settings = replace(site.settings, server=replace(site.settings.server, log_format=LogFormat.JSON))
    rewrite(site, replace(settings, **changes))  # type: ignore[arg-type]
    return Site(folder, site.config, load_settings(site.config))


def rewrite(site: Site, settings: Settings) -> None:
    """Put these settings into the site's file."""
    site.config.write_text(encode_settings(settings), "utf-8")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mssmail", *arguments]


def run_to_its_end(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a command that should give up at once."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    return done.returncode, done.stderr


@dataclass
class Serving:
    """The running operator."""

    site: Site
    pki: Pki
    process: subprocess.Popen[bytes]
    log: Path
    doors: dict[str, tuple[str, int]]

    def read_log(self) -> list[dict[str, object]]:
        """Every line; ValueError when one is not JSON."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def find_workers(self) -> list[int]:
        """The processes that examine."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def read_metric(self, name: str) -> float:
        host, port = self.doors["http"]
        text = httpx.get(f"http://{host}:{port}/metrics", trust_env=False).text
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(f"mssmail_{name} ")))

    def build_context(self, *, peer: bool = False) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.pki.anchors[0])
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if peer:
            context.load_cert_chain(*self.pki.make_operator(PEER_NAME).write(self.site.folder, "peer"))
        return context

    def connect_as_peer(self) -> smtplib.SMTP:
        smtp = smtplib.SMTP(*self.doors["smtp"], local_hostname=PEER_NAME, timeout=PATIENCE_SECONDS)
        smtp.starttls(context=self.build_context(peer=True))
        smtp.ehlo()
        return smtp

    def send(self, data: bytes, smtp: smtplib.SMTP | None = None) -> str:
        """Hand a message over as a peer; the answer to it, or the first refusal."""
        if smtp is None:
            with self.connect_as_peer() as fresh:
                return self.send(data, fresh)
        for line in (f"MAIL FROM:<{PEER}> SIZE={len(data)}", f"RCPT TO:<{MARIE}>"):
            code, text = smtp.docmd(line)
            if code >= 400:
                smtp.rset()
                return f"{code} {text.decode()}"
        code, text = smtp.data(data)
        return f"{code} {text.decode()}"

    def sign_in(self, password: str = PASSWORD) -> imaplib.IMAP4_SSL:
        host, port = self.doors["imaps"]
        client = imaplib.IMAP4_SSL(host, port, ssl_context=self.build_context(), timeout=PATIENCE_SECONDS)
        try:
            client.login(MARIE, password)
        except BaseException:
            client.shutdown()
            raise
        return client

    def fetch(self, message_id: str, items: str = "(BODY.PEEK[])") -> list[bytes]:
        """These items of every message in the INBOX with this Message-ID, literal or not."""
        client = self.sign_in()
        try:
            client.select("INBOX", readonly=True)
            _kind, found = client.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
            answers: list[bytes] = []
            for uid in found[0].split():
                kind, parts = client.uid("FETCH", uid.decode(), items)
                assert kind == "OK"
                answers.append(b"".join(p if isinstance(p, bytes) else p[0] + p[1] for p in parts if p))
            return answers
        finally:
            client.logout()


def wait_until(is_so: object, what: str) -> None:
    """Wait for a condition; AssertionError when it does not come true."""
    assert callable(is_so)
    deadline = monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert monotonic() < deadline, what
        sleep(0.02)


@contextmanager
def serve(site: Site, pki: Pki, prefix: Sequence[str] = ()) -> Iterator[Serving]:
    """Run the operator until the end of the block; it must end in order."""
    log = site.folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*prefix, *command("serve", "--config", str(site.config))], stderr=output)
    try:
        yield Serving(site, pki, process, log, _find_doors(process, log))
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS)
        process.kill()
        assert process.wait() == 0, log.read_text("utf-8", "replace")[-2000:]


def _find_doors(process: subprocess.Popen[bytes], log: Path) -> dict[str, tuple[str, int]]:
    ready: list[dict[str, str]] = []

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text("utf-8", "replace")
        ready[:] = [json.loads(line) for line in log.read_text().splitlines() if '"message": "ready"' in line]
        return bool(ready)

    wait_until(is_ready, "the operator does not come up")
    names = ("smtp", "submission", "submissions", "imap", "imaps", "http")
    pairs = {name: ready[0][name].rpartition(":") for name in names}
    return {name: (host, int(port)) for name, (host, _, port) in pairs.items()}


def sign_as_peer(pki: Pki, message: bytes) -> bytes:
    """The message signed by its author at the peer."""
    person = pki.make_person(PEER)
    return sign_message(message, SigningKey(person.key, person.certificate, person.chain), datetime.now(UTC))


TEXT = b"Content-Type: text/plain\r\n\r\nGood day.\r\n"


def build_letter(name: str, body: bytes = TEXT, extra: bytes = b"") -> bytes:
    """A message from the peer's author to Marie: ``body`` begins with its content fields."""
    moment = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = f"From: {PEER}\r\nTo: {MARIE}\r\nSubject: {name}\r\nDate: {moment}\r\nMessage-ID: <{name}@peer.test>\r\n"
    return head.encode() + extra + b"MIME-Version: 1.0\r\n" + body


def is_private_disk_possible() -> bool:
    """This machine lets us mount a small disk that only one process sees."""
    with suppress(OSError):
        return subprocess.run([*_IN_PRIVATE, "true"], capture_output=True, check=False).returncode == 0
    return False


_IN_PRIVATE = ["unshare", "--map-root-user", "--mount"]


def on_a_small_disk(folder: Path, megabytes: int) -> list[str]:
    """What to put before a command so that ``folder``, with what is in it now, is a disk of this size."""
    script = 'cp -a "$0/." "$0.seed"; mount -t tmpfs -o size=$1m none "$0" && cp -a "$0.seed/." "$0"; shift; exec "$@"'
    return [*_IN_PRIVATE, "sh", "-c", script, str(folder), str(megabytes)]


def see(process: subprocess.Popen[bytes], path: Path) -> Path:
    """The path as the process sees it."""
    return Path(f"/proc/{process.pid}/root{os.fspath(path)}")
