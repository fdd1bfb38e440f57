"""kill -9 under load: what was acknowledged is there, once, whole; nothing else is half there."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from mssmail.core.message import Span
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import Store, open_store
from mssmail.store.fsck import check_store
from mssmail.store.messages import load_message
from mssmail.store.schema import bodies, mailbox_rows, messages, vanished
from tests.support.store import add_account, build_message, deliver_to

ROOT = Path(__file__).resolve().parents[2]

# Eight threads deliver small and large messages, and expunge some of what they delivered; each tells what is durable.
PROGRAM = """
import os, sys, threading
from pathlib import Path
from mssmail.core.address import parse_address
from mssmail.store.accounts import find_account
from mssmail.store.bodies import INLINE_BYTES
from mssmail.store.engine import open_store
from mssmail.store.rows import expunge
from tests.support.store import build_message, deliver_to

store = open_store(Path(sys.argv[1]))
account = store.read(lambda conn: find_account(conn, parse_address("anne@a.test"))).result()

def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def work(name):
    for number in range(100_000):
        data = build_message(f"{sys.argv[2]} {name} {number}", octets=INLINE_BYTES + 1 if number % 5 == 4 else 2_000)
        doomed = number % 3 == 2
        placed = deliver_to(store, account, data, "INBOX", *(["\\\\Deleted"] if doomed else [])).placed[0]
        if doomed:
            tell("doomed", placed.uid)
            store.submit(lambda conn: expunge(conn, placed.mailbox_id, [placed.uid], 1)).result()
            tell("gone", placed.uid)
        else:
            tell("kept", placed.uid, __import__("hashlib").sha256(data).hexdigest())

for name in range(8):
    threading.Thread(target=work, args=(name,), daemon=True).start()
threading.Event().wait()
"""


def _run_and_kill(directory: Path, round_number: int, lines: int) -> list[list[str]]:
    """What the program said was durable before it was killed in the middle of things."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(directory), str(round_number)], stdout=subprocess.PIPE, cwd=ROOT
    ) as server:
        assert server.stdout is not None
        said = [server.stdout.readline() for _ in range(lines)]
        server.kill()
        said += server.stdout.readlines()
    return [line.decode().split() for line in said if line.endswith(b"\n")]


def _read_store(store: Store) -> tuple[dict[int, str], set[int]]:
    """UID → SHA-256 of what is there, and the UIDs that have vanished."""
    there = (
        select(mailbox_rows.c.uid, bodies.c.sha256)
        .join(messages, messages.c.id == mailbox_rows.c.message_id)
        .join(bodies, bodies.c.id == messages.c.body_id)
    )
    rows = store.read(lambda conn: conn.execute(there).all()).result()
    gone = store.read(lambda conn: conn.execute(select(vanished.c.uid)).scalars().all()).result()
    return {uid: digest.hex() for uid, digest in rows}, set(gone)


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    add_account(store)
    store.close()
    kept: dict[int, str] = {}
    gone: set[int] = set()
    for round_number in range(4):
        for words in _run_and_kill(tmp_path, round_number, lines=60 + 40 * round_number):
            if words[0] == "kept":
                assert int(words[1]) not in kept, "a UID was given twice"
                kept[int(words[1])] = words[2]
            elif words[0] == "gone":
                gone.add(int(words[1]))
        store = open_store(tmp_path)
        there, vanished_uids = _read_store(store)
        assert {uid: there.get(uid) for uid in kept} == kept
        assert len(set(there.values())) == len(there), "a message is there twice"
        assert gone <= vanished_uids
        assert not gone & there.keys()
        # Files written for a commit that never came are garbage, nothing worse may be found.
        assert {problem.kind for problem in check_store(store)} <= {"file"}
        store.close()


def test_a_uid_is_not_given_again_after_expunge_and_kill(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    account = add_account(store)
    store.close()
    said = _run_and_kill(tmp_path, 0, lines=60)
    highest = max(int(words[1]) for words in said)
    store = open_store(tmp_path)
    assert deliver_to(store, account, build_message("after")).placed[0].uid > highest
    store.close()


@pytest.mark.parametrize("octets", [2_000, INLINE_BYTES + 1], ids=["inline", "file"])
def test_the_answer_comes_after_the_disk_has_it(store: Store, octets: int) -> None:
    """A second connection, as a crashed process's successor would open it, sees the message at once."""
    data = build_message("seen", octets=octets)
    message_id = deliver_to(store, add_account(store), data).message_id
    other = open_store(store.directory, exclusive=False)
    kept = other.read(lambda conn: load_message(conn, message_id)).result()
    assert kept is not None
    assert hashlib.sha256(kept.data).hexdigest() == kept.sha256
    assert other.read_body(message_id, Span(0, 5)).result() == data[:5]
    other.close()
