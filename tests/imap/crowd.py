"""One of many clients that do whatever comes to mind, and believe nothing that does not fit what they know."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from random import Random

from tests.imap.support import Line

NAMES = ("INBOX", "one", "two", "three")
_EXISTS, _EXPUNGE = re.compile(r"\* (\d+) EXISTS"), re.compile(r"\* (\d+) EXPUNGE")
_FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)")
_UID, _MODSEQ = re.compile(r"UID (\d+)"), re.compile(r"MODSEQ \((\d+)\)")
_TREE = ("CREATE one", "CREATE two", "DELETE two", "RENAME three two", "RENAME one three")
_PATIENCE_SECONDS = 120  # for one line, on a slow day
_KEEPS_NUMBERS = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")  # RFC 9051 §7.5.1


class Deleted(Exception):
    """The selected mailbox has been deleted by somebody."""


@dataclass
class Visitor:
    """What one client knows of its selected mailbox: a UID for each number, 0 where it has not heard it."""

    line: Line
    random: Random
    name: str
    uids: list[int] = field(default_factory=list)
    modseqs: dict[int, int] = field(default_factory=dict)
    done: int = 0
    answers: deque[str] = field(default_factory=lambda: deque(maxlen=12))  # the last ones, for who has to find out why

    async def do(self, command: str) -> list[str]:
        """A command; every line of the answer is held against what is known."""
        tag = f"{self.name}{self.done}"
        self.done += 1
        self.line.writer.write(f"{tag} {command}\r\n".encode())
        lines: list[str] = []
        while True:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                line = (await self.line.reader.readline()).decode().removesuffix("\r\n")
            if line.startswith("* BYE") or not line:
                raise Deleted(line)
            lines.append(line)
            if line.startswith(tag + " "):
                break
            self._hear(line, command)
        self.answers.append(f"{command}: {lines[-1]}")
        assert not lines[-1].startswith(f"{tag} BAD"), list(self.answers)
        assert "SERVERBUG" not in lines[-1], list(self.answers)
        return lines

    def _hear(self, line: str, command: str) -> None:
        if found := _EXISTS.fullmatch(line):
            count = int(found[1])
            assert count >= len(self.uids), f"{line} after {len(self.uids)}: only EXPUNGE takes away"
            self.uids += [0] * (count - len(self.uids))
        elif found := _EXPUNGE.fullmatch(line):
            assert not command.startswith(_KEEPS_NUMBERS), f"{line} during {command}"
            number = int(found[1])
            assert 1 <= number <= len(self.uids), line
            self.uids.pop(number - 1)
        elif found := _FETCH.fullmatch(line):
            self._hear_message(int(found[1]), found[2], line)

    def _hear_message(self, number: int, items: str, line: str) -> None:
        assert 1 <= number <= len(self.uids), f"{line} of {len(self.uids)}"
        if not (told := _UID.search(items)):
            return
        uid = int(told[1])
        assert self.uids[number - 1] in {0, uid}, f"{line}, but it was {self.uids[number - 1]}"
        self.uids[number - 1] = uid
        known = [each for each in self.uids if each]
        assert known == sorted(set(known)), "UIDs ascend with the numbers"
        if told := _MODSEQ.search(items):
            assert self.modseqs.get(uid, 0) <= int(told[1]), f"{line}: the clock went back"
            self.modseqs[uid] = int(told[1])

    async def select(self, name: str) -> None:
        """Another mailbox, or the same anew."""
        self.uids, self.modseqs = [], {}
        lines = await self.do(f"SELECT {name} (CONDSTORE)")
        if " NO " in lines[-1][:40]:
            self.uids = []
            await self.select("INBOX")

    async def act(self) -> None:
        """Something, at random."""
        random = self.random
        some = f"{random.randint(1, max(1, len(self.uids)))}:*" if self.uids else "1:*"
        elsewhere = random.choice(NAMES)
        flags = " ".join(random.sample(["\\Seen", "\\Deleted", "\\Flagged", "blue"], random.randint(0, 3)))
        command = random.choice(
            [
                "NOOP",
                "NOOP",
                f"FETCH {some} (UID FLAGS MODSEQ)",
                f"UID FETCH {random.randint(1, 50)}:* (FLAGS MODSEQ)",
                f"STORE {some} {random.choice(['+', '-', ''])}FLAGS ({flags})",
                f"UID STORE {random.randint(1, 99)} +FLAGS.SILENT (\\Deleted)",
                "EXPUNGE",
                f"UID EXPUNGE {random.randint(1, 99)}:*",
                f"UID COPY {random.randint(1, 99)} {elsewhere}",  # one at a time, or they would double for ever
                f"UID MOVE {random.randint(1, 99)} {elsewhere}",
                f"MOVE {some} {elsewhere}",
                "SEARCH UNSEEN",
                f"UID SEARCH TEXT {self.name}",
                "SORT (REVERSE ARRIVAL SUBJECT) UTF-8 ALL",
                "THREAD REFERENCES UTF-8 ALL",
                *[self._build_append()] * 4,
                "SELECT",
                "TREE",
            ]
        )
        if command == "SELECT":
            await self.select(elsewhere)
        elif command == "TREE":
            await self.do(random.choice(_TREE))
            await self.select("INBOX")  # its own mailbox may be the one that has gone: then nothing is selected
        else:
            await self.do(command)

    def _build_append(self) -> str:
        text = f"Subject: {self.name} {self.done}\r\n\r\nby {self.name}\r\n"
        return f"APPEND {self.random.choice(NAMES)} {{{len(text)}+}}\r\n{text}"

    async def see_all(self, name: str) -> list[list[str]] | None:
        """What the mailbox holds, asked anew; None when there is none."""
        self.uids, self.modseqs = [], {}
        if " NO " in (await self.do(f"SELECT {name}"))[-1][:40]:
            return None
        lines = await self.do("FETCH 1:* (UID FLAGS)")
        assert len(lines) - 1 == len(self.uids)
        return [sorted(set(re.findall(r"[^\s()]+", line)) - {"\\Recent"}) for line in lines[:-1]]


async def act_until(visitor: Visitor, deadline: float, think_seconds: float) -> None:
    """Act till then, and think in between; raises Deleted when the ground has gone."""
    loop = asyncio.get_running_loop()
    while loop.time() < deadline:
        await visitor.act()
        await asyncio.sleep(visitor.random.random() * think_seconds)
