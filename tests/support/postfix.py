"""A Postfix of our own on loopback: its own configuration, queue and mailboxes in a folder, removed at the end."""

import asyncio
import os
import pwd
import shutil
import smtplib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mssmail.lab.pki import Credential
from tests.flows.dispatch_room import until

_POSTFIX = "/usr/sbin/postfix"
_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """One instance, serving p.test. ``port`` is for peers (mutual TLS), ``submission_port`` for its own people."""

    folder: Path
    port: int
    submission_port: int

    async def find_mail(self, user: str, number: int = 1) -> list[bytes]:
        """What lies in the maildir of this user, once it is so much."""
        found: list[bytes] = []

        async def has_come() -> bool:
            found[:] = [path.read_bytes() for path in sorted((self.folder / "mail" / user / "new").glob("*"))]
            return len(found) >= number

        try:
            await until(has_come, 60)
        except TimeoutError:
            raise AssertionError(self.read_log()) from None
        return [data.replace(b"\n", b"\r\n") for data in found]

    async def wait_for_log(self, words: str) -> None:
        """Until it has said so."""

        async def is_said() -> bool:
            return words in self.read_log()

        await until(is_said, 60)

    def read_log(self) -> str:
        """All it has said."""
        log = self.folder / "mail.log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    async def submit(
        self, data: bytes, sender: str, to: Sequence[str], *, mail: Sequence[str] = (), rcpt: Sequence[str] = ()
    ) -> None:
        """Send as one of its own people."""

        def work() -> None:
            with smtplib.SMTP("127.0.0.1", self.submission_port) as client:
                assert client.sendmail(sender, list(to), data, list(mail), list(rcpt)) == {}

        await asyncio.to_thread(work)


@asynccontextmanager
async def run_postfix(
    credential: Credential, trusted: Path, ports: tuple[int, int], routes: dict[str, int]
) -> AsyncIterator[Postfix]:
    """Start it, with ways to the other operators by domain; skips where it cannot be."""
    if shutil.which(_POSTFIX) is None:
        pytest.skip("postfix is not installed")
    if os.geteuid() != 0:
        pytest.skip("postfix is started by root only")
    folder = Path(tempfile.mkdtemp(prefix="mssmail-postfix-"))
    try:
        _configure(folder, credential, trusted, ports, routes)
        await _control(folder, "start")
        try:
            yield Postfix(folder, *ports)
        finally:
            await _control(folder, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(
    folder: Path, credential: Credential, trusted: Path, ports: tuple[int, int], routes: dict[str, int]
) -> None:
    folder.chmod(0o755)
    owner = pwd.getpwnam("postfix")
    for name in ("config", "queue", "data", "mail"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    certificate, key = credential.write(folder / "config", "operator")
    ways = " ".join(f"{{ {domain} = smtp:[127.0.0.1]:{port} }}" for domain, port in routes.items())
    safe = " ".join(f"{{ [127.0.0.1]:{port} = verify match=mss.{domain} }}" for domain, port in routes.items())
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "mail.log",
        "maillog_file_prefixes": folder,
        "myhostname": "mss.p.test",
        "mydomain": "p.test",
        "myorigin": "p.test",  # its reports must come from a listed domain, which the name of its host is not
        "mydestination": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtputf8_enable": "yes",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "virtual_mailbox_domains": "p.test",
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": "inline:{ { pierre@p.test = pierre/ } { andré@p.test = andre/ } }",
        "virtual_uid_maps": f"static:{owner.pw_uid}",
        "virtual_gid_maps": f"static:{owner.pw_gid}",
        "virtual_minimum_uid": "1",
        "transport_maps": f"inline:{{ {ways} }}",
        "smtpd_tls_cert_file": certificate,
        "smtpd_tls_key_file": key,
        "smtpd_tls_CAfile": trusted,
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_req_ccert": "yes",
        "smtpd_tls_loglevel": "1",
        "smtp_tls_cert_file": certificate,
        "smtp_tls_key_file": key,
        "smtp_tls_CAfile": trusted,
        "smtp_tls_security_level": "encrypt",
        "smtp_tls_policy_maps": f"inline:{{ {safe} }}",
        "smtp_tls_loglevel": "1",
        "disable_dns_lookups": "yes",
        "minimal_backoff_time": "1s",
        "queue_run_delay": "2s",
    }
    (folder / "config" / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    doors = (
        f"127.0.0.1:{ports[0]} inet n - n - - smtpd\n"
        f"127.0.0.1:{ports[1]} inet n - n - - smtpd\n"
        "  -o smtpd_tls_security_level=none\n  -o smtpd_tls_req_ccert=no\n"
    )
    (folder / "config" / "master.cf").write_text(doors + _SERVICES)


async def _control(folder: Path, act: str) -> None:
    process = await asyncio.create_subprocess_exec(
        _POSTFIX,
        "-c",
        str(folder / "config"),
        act,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    if process.returncode:
        log = folder / "mail.log"
        raise AssertionError(output.decode("utf-8", "replace") + (log.read_text() if log.exists() else ""))
