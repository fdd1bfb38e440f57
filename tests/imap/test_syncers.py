"""Programs that mirror mailboxes: interimap by QRESYNC between two accounts, offlineimap into a Maildir."""

import asyncio
import imaplib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from mssmail.store.accounts import set_password_hash
from tests.imap.support import PASSWORD, USER, Running, World, build_message, run_listener
from tests.support.store import add_account, hash_once

T = TypeVar("T")
OTHER = "ben@a.test"


@pytest.fixture
async def running(world: World, tmp_path: Path) -> AsyncIterator[Running]:
    async with run_listener(world, tmp_path) as running:
        yield running


async def _run(home: Path, *command: str | Path) -> str:
    """What the program says; it must end well. The test is skipped when it is not installed."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 120)
    except TimeoutError:
        process.kill()
        raise
    said = output.decode(errors="replace")
    assert process.returncode == 0, said
    return said


async def _ask(running: Running, user: str, work: Callable[[imaplib.IMAP4_SSL], T]) -> T:
    def talk() -> T:
        with imaplib.IMAP4_SSL("127.0.0.1", running.port_tls, ssl_context=running.client_tls) as client:
            client.login(user, PASSWORD)
            return work(client)

    return await asyncio.wait_for(asyncio.to_thread(talk), 60)


def _read_subjects(client: imaplib.IMAP4_SSL, mailbox: str = "INBOX") -> dict[str, str]:
    """Subject → flags of every message."""
    client.select(mailbox, readonly=True)
    _, rows = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    found = {}
    for row in rows:
        if isinstance(row, tuple):
            found[row[1].decode().strip().removeprefix("Subject: ")] = row[0].decode()
    return found


def _write_interimap(home: Path, running: Running) -> None:
    (home / "interimap").mkdir()
    sides = "".join(
        f"[{side}]\ntype = imaps\nhost = localhost\nport = {running.port_tls}\nusername = {user}\n"
        f"password = {PASSWORD}\nSSL_CAfile = {running.ca_file}\nauth = PLAIN\n\n"
        for side, user in (("local", USER), ("remote", OTHER))
    )
    config = home / "interimap" / "config"
    config.write_text(f"database = {home}/sync.db\nlist-mailbox = *\n\n{sides}")
    config.chmod(0o600)


async def test_interimap_keeps_two_accounts_the_same(world: World, running: Running, tmp_path: Path) -> None:
    ben = add_account(world.store, OTHER)
    world.store.submit(lambda conn: set_password_hash(conn, ben.address, hash_once(PASSWORD))).result()
    for number in range(12):
        world.deliver(build_message(f"m{number}"))
    _write_interimap(tmp_path, running)
    await _run(tmp_path, "interimap", "--quiet")
    assert set(await _ask(running, OTHER, _read_subjects)) == {f"m{number}" for number in range(12)}

    def change(client: imaplib.IMAP4_SSL) -> None:
        client.select("INBOX")
        client.store("2", "+FLAGS", "(\\Flagged)")
        client.store("5", "+FLAGS", "(\\Deleted)")
        client.expunge()
        client.append("INBOX", "(\\Seen)", None, build_message("from the other side"))

    await _ask(running, OTHER, change)
    world.deliver(build_message("late"))
    await _run(tmp_path, "interimap", "--quiet")
    here, there = await _ask(running, USER, _read_subjects), await _ask(running, OTHER, _read_subjects)
    assert (
        set(here) == set(there) == ({f"m{number}" for number in range(12)} - {"m4"}) | {"late", "from the other side"}
    )
    assert "\\Flagged" in here["m1"]
    assert "\\Seen" in here["from the other side"]


async def test_offlineimap_mirrors_both_ways(world: World, running: Running, tmp_path: Path) -> None:
    for number in range(8):
        world.deliver(build_message(f"m{number}"))
    mirror = tmp_path / "mirror"
    (tmp_path / "offlineimaprc").write_text(
        f"[general]\naccounts = lab\nmetadata = {tmp_path}/metadata\nui = basic\n\n"
        "[Account lab]\nlocalrepository = here\nremoterepository = there\n\n"
        f"[Repository here]\ntype = Maildir\nlocalfolders = {mirror}\n\n"
        f"[Repository there]\ntype = IMAP\nremotehost = localhost\nremoteport = {running.port_tls}\nssl = yes\n"
        f"sslcacertfile = {running.ca_file}\nremoteuser = {USER}\nremotepass = {PASSWORD}\nauth_mechanisms = PLAIN\n"
    )
    command = ("offlineimap", "-o", "-c", tmp_path / "offlineimaprc")
    await _run(tmp_path, *command)
    kept = [path for folder in ("new", "cur") for path in (mirror / "INBOX" / folder).iterdir()]
    assert len(kept) == 8
    gone, star = (next(path for path in kept if subject in path.read_bytes()) for subject in (b"t: m3", b"t: m6"))
    gone.unlink()
    star.rename(mirror / "INBOX" / "cur" / (star.name.partition(":2,")[0] + ":2,FS"))
    (mirror / "Drafts" / "new").mkdir(parents=True, exist_ok=True)
    (mirror / "Drafts" / "new" / "1.2.here").write_bytes(build_message("written here").replace(b"\r\n", b"\n"))
    await _run(tmp_path, *command)
    subjects = await _ask(running, USER, _read_subjects)
    assert set(subjects) == {f"m{number}" for number in range(8) if number != 3}
    assert "\\Flagged" in subjects["m6"]
    assert "\\Seen" in subjects["m6"]
    assert set(await _ask(running, USER, lambda client: _read_subjects(client, "Drafts"))) == {"written here"}
