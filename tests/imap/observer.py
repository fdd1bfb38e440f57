"""A session that believes what it is told and remembers it, as imaptest's random mode does: contradictions are faults.

Beyond ``crowd``: flags, keywords that were not announced, facts of a message that must never change, \\Recent in one
session only, flags that nobody else sets, searches whose answer is known.
"""

from dataclasses import dataclass, field
from random import Random

from tests.imap.matching import Args
from tests.imap.scripted_player import Connection

KEYWORDS = ("blue", "Red", "$Green")
_KEEPS_NUMBERS = ("FETCH", "STORE", "SEARCH")  # RFC 9051 §7.5.1
_FACTS = "(UID EMAILID INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)"


@dataclass
class Known:
    """What all sessions together have been told."""

    facts: dict[str, str] = field(default_factory=dict)  # by EMAILID: whatever session asks, and of whatever copy
    recent: dict[int, str] = field(default_factory=dict)  # UID → the one session that it is recent in
    sizes: dict[int, int] = field(default_factory=dict)


@dataclass
class Observer:
    """One session and its picture of the mailbox: UID 0 stands for a message it has not asked about."""

    line: Connection
    random: Random
    name: str
    known: Known
    uids: list[int] = field(default_factory=list)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    modseqs: dict[int, int] = field(default_factory=dict)
    announced: set[str] = field(default_factory=set)
    own: dict[int, bool] = field(default_factory=dict)  # whether our own keyword is set

    async def do(self, command: str) -> list[Args]:
        """A command that must succeed; what was told is held against what is known."""
        answer, untagged = await self.line.do(command)
        assert str(answer[0]) == "OK" or "EXPUNGEISSUED" in str(answer), f"{self.name}: {command}: {answer}"
        for each in untagged:
            self._hear(each, command)
        return untagged

    async def select(self, how: str) -> list[Args]:
        """Enter the mailbox anew."""
        self.uids, self.flags, self.modseqs = [], {}, {}
        return await self.do(how)

    def _hear(self, answer: Args, command: str) -> None:
        match answer:
            case [number, "EXISTS"]:
                assert int(number) >= len(self.uids), f"{answer}: only EXPUNGE takes away"
                self.uids += [0] * (int(number) - len(self.uids))
            case [number, "EXPUNGE"]:
                assert not command.startswith(_KEEPS_NUMBERS), f"{answer} during {command}"
                self._forget(self.uids.pop(int(number) - 1))
            case ["VANISHED", ["EARLIER"], str(numbers)]:
                for uid in _read_set(numbers):
                    self._forget(uid)
            case ["VANISHED", str(numbers)]:
                for uid in _read_set(numbers):
                    self.uids.remove(uid)
                    self._forget(uid)
            case ["FLAGS", list(flags)]:
                self.announced = {str(flag).lower() for flag in flags}
                used = {flag for uid in self.uids for flag in self.flags.get(uid, ()) if flag[0] != "\\"}
                assert used <= self.announced, f"{used - self.announced} is in use and not announced"
            case [number, "FETCH", list(items)]:
                self._hear_message(int(number), dict(zip(items[::2], items[1::2], strict=True)))

    def _forget(self, uid: int) -> None:
        self.flags.pop(uid, None)
        self.modseqs.pop(uid, None)

    def _hear_message(self, number: int, items: dict[str, object]) -> None:
        assert 1 <= number <= len(self.uids), f"{number} of {len(self.uids)}"
        uid = int(str(items.get("UID", self.uids[number - 1])))
        assert self.uids[number - 1] in {0, uid}, f"{number} is {uid}, and was {self.uids[number - 1]}"
        self.uids[number - 1] = uid
        told = [each for each in self.uids if each]
        assert told == sorted(set(told)), "UIDs ascend with the numbers"
        if not uid:  # nothing is known of it but that it is there
            return
        if isinstance(modseq := items.get("MODSEQ"), list):
            assert int(modseq[0]) >= self.modseqs.get(uid, 0), f"the ModSeq of {uid} went back"
            self.modseqs[uid] = int(modseq[0])
        if isinstance(flags := items.get("FLAGS"), list):
            self._hear_flags(uid, frozenset(str(flag).lower() for flag in flags))
        if "EMAILID" in items:
            facts = str({name: value for name, value in items.items() if name not in {"UID", "MODSEQ", "FLAGS"}})
            assert self.known.facts.setdefault(str(items["EMAILID"]), facts) == facts
            self.known.sizes[uid] = int(str(items["RFC822.SIZE"]))

    def _hear_flags(self, uid: int, flags: frozenset[str]) -> None:
        if "\\recent" in flags:
            assert self.known.recent.setdefault(uid, self.name) == self.name, f"{uid} is recent in two sessions"
        strange = {flag for flag in flags if flag[0] != "\\"} - self.announced
        assert not strange, f"{strange} was never announced"
        self.flags[uid] = flags - {"\\recent"}

    async def act(self) -> None:
        """Something, at random."""
        random = self.random
        if not self.uids or random.random() < 0.15:
            await self._append()
            return
        number = random.randint(1, len(self.uids))
        last = min(len(self.uids), number + random.randint(0, 5))
        uid = self.uids[number - 1] or 1
        flags = " ".join(random.sample([*KEYWORDS, "\\Seen", "\\Flagged", "\\Deleted"], random.randint(1, 3)))
        commands = [
            f"STORE {number}:{last} {random.choice('+-')}FLAGS ({flags})",
            f"FETCH {number}:{last} {_FACTS}",
            f"FETCH {number} (UID BODY[TEXT]<0.4>)",  # marks as seen
            f"UID FETCH {uid}:* (FLAGS)",
            f"UID EXPUNGE {uid}",
            f"{random.choice(['COPY', 'MOVE'])} {number} INBOX",
            "NOOP",
        ]
        match random.randrange(10):
            case 0 | 1:
                await self._mark(self.uids[number - 1])
            case 2:
                await self._search()
            case _:
                await self.do(random.choice(commands))

    async def _mark(self, uid: int) -> None:
        """Set or clear the keyword that is this session's alone."""
        if not uid:
            return
        wanted = self.random.random() < 0.5
        told = await self.do(f"UID STORE {uid} {'+' if wanted else '-'}FLAGS (own-{self.name})")
        if any(answer[1:2] == ["FETCH"] for answer in told):
            self.own[uid] = wanted

    async def _append(self) -> None:
        size = self.random.choice([10, 500, 3_000])
        text = f"Subject: {self.name} {size}\r\nMessage-ID: <{self.random.random()}@x.test>\r\n\r\n{'x' * size}\r\n"
        await self.do(f"APPEND INBOX (\\Flagged) {{{len(text)}}}\r\n{text}")

    async def _search(self) -> None:
        least = self.random.choice([100, 600, 2_000])
        told = await self.do(f"UID SEARCH LARGER {least}")
        found = {int(each) for answer in told if answer[0] == "SEARCH" for each in answer[1:]}
        for uid in {uid for uid in self.uids if uid} & self.known.sizes.keys() & self.flags.keys():
            assert uid not in found or self.known.sizes[uid] > least, f"{uid} is not larger than {least}"


def _read_set(numbers: str) -> list[int]:
    found: list[int] = []
    for part in numbers.split(","):
        low, _, high = part.partition(":")
        found += range(int(low), int(high or low) + 1)
    return found
