"""Clients we did not write: imaplib, aioimaplib, curl, mbsync, mutt."""

import asyncio
import imaplib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aioimaplib
import pytest

from tests.imap.support import MESSAGE, PASSWORD, PREFIX, USER, Running, World, build_message, run_listener


@pytest.fixture
async def running(world: World, tmp_path: Path) -> AsyncIterator[Running]:
    async with run_listener(world, tmp_path) as running:
        yield running


async def _run(*command: str | Path, **environment: str) -> tuple[int, bytes]:
    """Exit code and output of a program; the test is skipped when it is not installed."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    except TimeoutError:
        process.kill()
        raise
    return process.returncode or 0, output


async def _in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.wait_for(asyncio.to_thread(work), 60)


async def test_imaplib_reads_writes_and_searches(world: World, running: Running) -> None:
    world.deliver()

    def work() -> None:
        with imaplib.IMAP4("127.0.0.1", running.port) as client:
            client.starttls(running.client_tls)
            assert "AUTH=PLAIN" in client.capabilities
            client.login(USER, PASSWORD)
            assert client.select()[1] == [b"1"]
            status, found = client.fetch("1", "(FLAGS BODY.PEEK[])")
            assert status == "OK"
            assert isinstance(found[0], tuple)
            assert found[0][1] == PREFIX + MESSAGE
            assert client.search(None, "SUBJECT", "hello")[1] == [b"1"]
            assert client.uid("SEARCH", "ALL")[1] == [b"1"]
            assert client.store("1", "+FLAGS", "(\\Flagged $Work)")[0] == "OK"
            assert client.append("Sent", "(\\Seen)", None, build_message("sent"))[0] == "OK"
            assert client.copy("1", "Archive")[0] == "OK"
            assert client.create("Lab/2026")[0] == "OK"
            assert b'(\\HasChildren) "/" Lab' in client.list()[1]
            assert client.status("Sent", "(MESSAGES UNSEEN)")[1] == [b"Sent (MESSAGES 1 UNSEEN 0)"]
            assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
            assert client.expunge()[1] == [b"1"]
            assert client.namespace()[0] == "OK"
            assert client.close()[0] == "OK"

    await _in_thread(work)


async def test_imaplib_authenticates(running: Running) -> None:
    def work() -> None:
        with imaplib.IMAP4_SSL("127.0.0.1", running.port_tls, ssl_context=running.client_tls) as client:
            assert client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())[0] == "OK"

    await _in_thread(work)


async def test_aioimaplib_idles_and_hears_at_once(world: World, running: Running) -> None:
    client = aioimaplib.IMAP4_SSL("127.0.0.1", running.port_tls, ssl_context=running.client_tls)
    await client.wait_hello_from_server()
    assert (await client.login(USER, PASSWORD)).result == "OK"
    assert (await client.select("INBOX")).result == "OK"
    idle = await client.idle_start(timeout=30)
    world.deliver()
    assert await client.wait_server_push(timeout=1) == [b"1 EXISTS", b"1 RECENT"]
    client.idle_done()
    await asyncio.wait_for(idle, 20)
    answer = await client.uid("fetch", "1:*", "(FLAGS BODY.PEEK[HEADER])")
    assert answer.result == "OK"
    assert b"Subject: hello" in b"".join(answer.lines)
    await client.logout()


async def test_curl_lists_fetches_and_uploads(world: World, running: Running, tmp_path: Path) -> None:
    world.deliver()
    base = f"imaps://localhost:{running.port_tls}"
    curl = ("curl", "--silent", "--show-error", "--cacert", running.ca_file, "--user", f"{USER}:{PASSWORD}")
    code, output = await _run(*curl, f"{base}/")
    assert code == 0, output
    assert b'* LIST (\\HasNoChildren \\Sent) "/" Sent' in output
    code, output = await _run(*curl, f"{base}/INBOX;UID=1")
    assert code == 0, output
    assert output == PREFIX + MESSAGE
    (tmp_path / "draft.eml").write_bytes(build_message("draft"))
    code, output = await _run(*curl, "--upload-file", tmp_path / "draft.eml", f"{base}/Drafts")
    assert code == 0, output
    code, output = await _run(*curl, f"{base}/Drafts?SUBJECT%20draft")
    assert output.split() == [b"*", b"SEARCH", b"1"]


async def test_curl_begins_tls(world: World, running: Running) -> None:
    world.deliver()
    code, output = await _run(
        "curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", running.ca_file,
        "--user", f"{USER}:{PASSWORD}", f"imap://localhost:{running.port}/INBOX;MAILINDEX=1;SECTION=TEXT",
    )  # fmt: skip
    assert (code, output) == (0, b"the body\r\n")


async def test_mbsync_mirrors_both_ways(world: World, running: Running, tmp_path: Path) -> None:
    for number in range(25):
        world.deliver(build_message(f"m{number}", b"body %d\r\n" % number * 50))
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (tmp_path / "mbsyncrc").write_text(
        f'IMAPAccount lab\nHost localhost\nPort {running.port_tls}\nUser {USER}\nPass "{PASSWORD}"\n'
        f"SSLType IMAPS\nCertificateFile {running.ca_file}\nAuthMechs PLAIN\n\n"
        "IMAPStore remote\nAccount lab\n\n"
        f"MaildirStore local\nPath {mirror}/\nInbox {mirror}/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :remote:\nNear :local:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n"
    )
    mbsync = ("mbsync", "--config", tmp_path / "mbsyncrc", "--all")
    code, output = await _run(*mbsync, HOME=str(tmp_path))
    assert code == 0, output.decode()
    new = sorted((mirror / "INBOX" / "new").iterdir())
    assert len(new) == 25
    assert any(b"Subject: m7" in file.read_bytes() for file in new)
    # away go one there, and one here; and something is written here
    seven = next(file for file in new if b"Subject: m7\n" in file.read_bytes())
    seven.rename(mirror / "INBOX" / "cur" / f"{seven.name}:2,ST")
    (mirror / "Drafts" / "new" / "1.2.here").write_bytes(build_message("written here").replace(b"\r\n", b"\n"))
    code, output = await _run(*mbsync, HOME=str(tmp_path))
    assert code == 0, output.decode()

    def look() -> tuple[Any, Any]:
        with imaplib.IMAP4_SSL("127.0.0.1", running.port_tls, ssl_context=running.client_tls) as client:
            client.login(USER, PASSWORD)
            return client.status("INBOX", "(MESSAGES)")[1], client.status("Drafts", "(MESSAGES)")[1]

    assert await _in_thread(look) == ([b"INBOX (MESSAGES 24)"], [b"Drafts (MESSAGES 1)"])


async def test_mutt_opens_the_mailbox_and_moves_on(world: World, running: Running, tmp_path: Path) -> None:
    for number in range(3):
        world.deliver(build_message(f"m{number}"))
    (tmp_path / "muttrc").write_text(
        f'set folder="imaps://localhost:{running.port_tls}/"\nset spoolfile="+INBOX"\n'
        f'set imap_user="{USER}"\nset imap_pass="{PASSWORD}"\nset certificate_file="{running.ca_file}"\n'
        f'set ssl_ca_certificates_file="{running.ca_file}"\nset ssl_verify_host=no\n'
        "set confirmappend=no\nset confirmcreate=no\n"
        "set header_cache=\nset message_cachedir=\nset quit=yes\nset delete=yes\nset move=no\nset wait_key=no\n"
        'push "<delete-message><flag-message><save-message>=Archive<enter><sync-mailbox><quit>"\n'
    )
    code, output = await _run(
        "script", "--quiet", "--return", "--command", f"mutt -n -F {tmp_path}/muttrc", "/dev/null",
        TERM="xterm", HOME=str(tmp_path),
    )  # fmt: skip
    assert code == 0, output.decode(errors="replace")

    def look() -> list[Any]:
        with imaplib.IMAP4_SSL("127.0.0.1", running.port_tls, ssl_context=running.client_tls) as client:
            client.login(USER, PASSWORD)
            return [client.status(name, "(MESSAGES)")[1] for name in ("INBOX", "Archive")]

    assert await _in_thread(look) == [[b"INBOX (MESSAGES 1)"], [b"Archive (MESSAGES 1)"]]
