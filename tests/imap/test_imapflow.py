"""imapflow, a client for Node that uses what servers announce: QRESYNC, MOVE, SPECIAL-USE, OBJECTID, UIDPLUS.

It is asked by UID: this version does not lower its own count of messages on VANISHED.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.imap.support import PASSWORD, USER, World, build_message, run_listener

_VERSION = "1.0.200"
_SCRIPT = """
const { ImapFlow } = require('imapflow');
const [port, user, pass] = process.argv.slice(2);
(async () => {
    const client = new ImapFlow({
        host: 'localhost', port: Number(port), secure: true, auth: { user, pass }, logger: false, qresync: true,
    });
    const told = {};
    await client.connect();
    told.enabled = [...client.enabled].sort();
    told.uses = (await client.list()).filter(box => box.specialUse).map(box => box.specialUse).sort();
    const lock = await client.getMailboxLock('INBOX');
    try {
        told.exists = client.mailbox.exists;
        told.hasId = Boolean(client.mailbox.mailboxId);
        const modseq = client.mailbox.highestModseq;
        await client.messageFlagsAdd('2', ['\\\\Seen']);
        told.changed = [];
        for await (const message of client.fetch('1:*', { uid: true, flags: true }, { changedSince: modseq })) {
            told.changed.push([message.uid, [...message.flags]]);
        }
        told.unseen = await client.search({ seen: false }, { uid: true });
        const moved = await client.messageMove('1', 'Archive');
        told.moved = [...moved.uidMap];
        const wanted = { envelope: true, bodyStructure: true, source: true };
        const message = await client.fetchOne('3', wanted, { uid: true });
        told.last = [message.envelope.subject, message.bodyStructure.type, message.source.length];
        const appended = await client.append('Sent', 'Subject: sent\\r\\n\\r\\nhello\\r\\n', ['\\\\Seen']);
        told.appended = appended.uid;
        await client.messageDelete('2', { uid: true });
        told.status = await client.status('INBOX', { messages: true, highestModseq: true });
    } finally {
        lock.release();
    }
    await client.logout();
    told.status.highestModseq = String(told.status.highestModseq);
    console.log(JSON.stringify(told));
})().catch(fault => { console.error(fault); process.exit(1); });
"""


async def _run(folder: Path, *command: str, seconds: int = 60, **environment: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, "too slow"
    return process.returncode or 0, output.decode()


async def test_imapflow_synchronises_moves_and_appends(world: World, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "npm"
    folder.mkdir()
    status, _ = await _run(folder, "npm", "install", "--no-audit", "--no-fund", f"imapflow@{_VERSION}", seconds=120)
    if status != 0:
        pytest.skip("imapflow cannot be had from the registry here")
    (folder / "client.js").write_text(_SCRIPT)
    for subject in ("one", "two", "three"):
        world.deliver(build_message(subject))
    async with run_listener(world, tmp_path) as running:
        trust = str(running.ca_file)
        status, output = await _run(
            folder, "node", "client.js", str(running.port_tls), USER, PASSWORD, NODE_EXTRA_CA_CERTS=trust
        )
    assert status == 0, output
    told = json.loads(output)
    assert told["exists"] == 3
    assert told["hasId"]
    assert {"CONDSTORE", "QRESYNC"} & set(told["enabled"])
    assert told["uses"] == ["\\Archive", "\\Drafts", "\\Inbox", "\\Junk", "\\Sent", "\\Trash"]
    assert told["changed"] == [[2, ["\\Recent", "\\Seen"]]]
    assert told["unseen"] == [1, 3]
    assert told["moved"] == [[1, 1]]
    assert told["last"][:2] == ["three", "text/plain"]
    assert told["appended"] == 1
    assert told["status"]["messages"] == 1
