"""Nothing that was answered 250 is lost, whenever the server is killed; no UID ever names two messages."""

import hashlib
import imaplib
import os
import random
import re
import signal
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mssmail.lab.build import PEER_AUTHOR
from mssmail.lab.check.cases import NORD
from mssmail.lab.check.mail import build_letter, sign_letter
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab
from mssmail.lab.world import bring_down, bring_up, start_operator, wait_for_operator
from tests.support.ports import find_port_base

KILLS = int(os.environ.get("MSSMAIL_KILLS", "20"))
SENDERS, READERS = 4, 2


@pytest.fixture
def world(tmp_path: Path) -> Iterator[list[Lab]]:
    """A lab of its own, in a list because its process numbers change."""
    labs = [bring_up(tmp_path / "lab", find_port_base(), lambda _line: None)]
    yield labs
    bring_down(labs[0])


@dataclass
class Ledger:
    """What the server promised."""

    accepted: dict[str, str] = field(default_factory=dict)  # Message-ID → SHA-256, answered 250
    uids: dict[int, str] = field(default_factory=dict)  # every UID ever seen in INBOX → Message-ID
    appended: set[int] = field(default_factory=set)  # UIDs answered OK [APPENDUID] in Archive
    lock: threading.Lock = field(default_factory=threading.Lock)


class Load:
    """Senders and readers that go on until the server dies under them."""

    def __init__(self, stage: Stage, ledger: Ledger) -> None:
        self._stage, self._ledger = stage, ledger
        self._dead = threading.Event()
        work = [self._send] * SENDERS + [self._append] * READERS
        self._threads = [threading.Thread(target=self._until_death, args=(each,)) for each in work]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        self._dead.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _until_death(self, work: object) -> None:
        while not self._dead.is_set():
            try:
                work()  # type: ignore[operator]
            except (OSError, smtplib.SMTPException, imaplib.IMAP4.error, EOFError):
                if self._dead.wait(0.02):
                    return

    def _send(self) -> None:
        port = self._stage.lab.operators[0].ports.smtp
        context = self._stage.build_context("peer")
        with smtplib.SMTP("127.0.0.1", port, "etranger.test", timeout=20) as smtp:
            smtp.starttls(context=context)
            while not self._dead.is_set():
                letter = sign_letter(build_letter(PEER_AUTHOR, NORD, size=2_000), self._stage.scenario("signer", "pem"))
                smtp.sendmail(PEER_AUTHOR, [NORD], letter.data)
                with self._ledger.lock:
                    self._ledger.accepted[letter.message_id] = hashlib.sha256(letter.data).hexdigest()

    def _append(self) -> None:
        client = self._stage.sign_in(NORD)
        client.select("INBOX")
        while not self._dead.is_set():
            kind, answer = client.append("Archive", "(\\Seen)", "", b"Subject: kept\r\n\r\nkept\r\n")
            found = re.search(rb"APPENDUID \d+ (\d+)", answer[0] if answer else b"")
            if kind == "OK" and found:
                with self._ledger.lock:
                    self._ledger.appended.add(int(found[1]))
            client.uid("STORE", "1:*", "+FLAGS", "(kept)")


def _read_inbox(client: imaplib.IMAP4_SSL) -> dict[int, tuple[str, bytes]]:
    client.select("INBOX", readonly=True)
    _kind, parts = client.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
    messages = {}
    for part in parts:
        if isinstance(part, tuple):
            uid = int(re.search(rb"UID (\d+)", part[0])[1])  # type: ignore[index]
            name = re.search(rb"(?im)^message-id:\s*(\S+)", part[1])
            messages[uid] = (name[1].decode() if name else "", part[1])
    return messages


def _check(stage: Stage, ledger: Ledger) -> None:
    client = stage.sign_in(NORD)
    inbox = _read_inbox(client)
    for uid, (name, _data) in inbox.items():
        assert ledger.uids.setdefault(uid, name) == name, f"UID {uid} was given twice"
    found = [name for name, _data in inbox.values()]
    for name, digest in ledger.accepted.items():
        assert found.count(name) == 1, f"{name} is there {found.count(name)} times"
        data = next(data for each, data in inbox.values() if each == name)
        start = data.index(b"From: ")  # our prefix ends where the message begins
        assert hashlib.sha256(data[start:]).hexdigest() == digest
    client.select("Archive", readonly=True)
    _kind, uids = client.uid("SEARCH", "ALL")
    assert ledger.appended <= {int(uid) for uid in uids[0].split()}
    client.logout()


def test_twenty_kills_lose_nothing_that_was_promised(world: list[Lab]) -> None:
    ledger = Ledger()
    choice = random.Random(7)
    for _ in range(KILLS):
        lab = world[0]
        stage = Stage(lab)
        load = Load(stage, ledger)
        load.start()
        threading.Event().wait(choice.uniform(0.2, 0.9))
        pid = lab.operators[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        load.join()
        world[0] = _restart(lab)
        _check(Stage(world[0]), ledger)
    assert len(ledger.accepted) > KILLS
    assert len(ledger.appended) > KILLS


def _restart(lab: Lab) -> Lab:
    pids = {operator.name: operator.pid for operator in lab.operators}
    pids["nord"] = start_operator(lab.operators[0])
    changed = lab.with_pids(lab.services_pid, pids)
    changed.save()
    wait_for_operator(changed.operators[0])
    return changed
