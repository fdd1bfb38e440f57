"""Debian's Dovecot with a Maildir of the same letters: a configuration of its own, on loopback, ended when done."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benchmarks.letters import ME, build_letters
from scripts.benchmarks.mail_client import Client
from tests.support.ports import find_port_base

PASSWORD = "bench"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
mail_location = maildir:{folder}/mail
mail_max_userip_connections = 1000
default_internal_user = {internal}
default_login_user = {login}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def find_dovecot() -> str | None:
    """Where the program is, if it is installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def fill_maildir(folder: Path, count: int) -> None:
    """The letters as a delivery agent leaves them."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, letter in enumerate(build_letters(count)):
        (folder / "cur" / f"{1_700_000_000 + number}.M{number}P1.bench:2,").write_bytes(letter.replace(b"\r\n", b"\n"))


@contextmanager
def serve_dovecot(folder: Path, certificate: Path, key: Path, count: int) -> Iterator[tuple[int, int]]:
    """(port, process id) of a Dovecot that holds so many letters."""
    port = find_port_base()
    is_root = os.getuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    fill_maildir(folder / "mail", count)
    for name in ("run", "state", "home"):
        (folder / name).mkdir()
    values = {
        "internal": "dovecot" if is_root else owner.pw_name,
        "login": "dovenull" if is_root else owner.pw_name,
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
    }
    text = _CONFIG.format(folder=folder, certificate=certificate, key=key, password=PASSWORD, port=port, **values)
    config = folder / "dovecot.conf"
    config.write_text(text)
    if is_root:
        for above in (folder.parent, folder.parent.parent):  # mail processes have a user of their own
            above.chmod(0o755)
        subprocess.run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", folder / "mail", folder / "home"], check=True)
        folder.chmod(0o755)
    process = subprocess.Popen([str(find_dovecot()), "-F", "-c", str(config)])
    try:
        _wait(port, folder)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def connect_dovecot(port: int, ca: Path) -> Client:
    """A client of it."""
    return Client(port, ca, ME, PASSWORD)


def _wait(port: int, folder: Path) -> None:

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log = folder / "dovecot.log"
    raise OSError(f"Dovecot does not listen: {log.read_text() if log.exists() else 'no log'}")
