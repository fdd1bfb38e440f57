"""A session that believes what it is told and remembers it, as imaptest's random mode does: contradictions are faults.

Beyond its picture of the mailbox: facts of a message that must never change, \\Recent in one session only, flags that
nobody else sets, searches whose answer is known.
"""

from dataclasses import dataclass, field
from random import Random

from tests.imap.matching import Args
from tests.imap.picture import Picture, find_item
from tests.imap.scripted_player import Connection

KEYWORDS = ("blue", "Red", "$Green")
_FACTS = "(UID EMAILID INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)"


@dataclass
class Known:
    """What all sessions together have been told."""

    facts: dict[str, str] = field(default_factory=dict)  # by EMAILID: whatever session asks, and of whatever copy
    recent: dict[int, str] = field(default_factory=dict)  # UID → the one session that it is recent in
    sizes: dict[int, int] = field(default_factory=dict)


@dataclass
class Observer:
    """One session, and what it has been told."""

    line: Connection
    random: Random
    name: str
    known: Known
    picture: Picture = field(default_factory=Picture)
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
        self.picture.enter()
        return await self.do(how)

    def _hear(self, answer: Args, command: str) -> None:
        self.picture.hear(answer, [command])
        if answer[1:2] == ["FETCH"] and (uid := self.picture.find_uid(int(answer[0]))):
            self._hear_message(uid, answer[2])

    def _hear_message(self, uid: int, items: Args) -> None:
        if "\\recent" in {str(flag).lower() for flag in find_item(items, "FLAGS") or ()}:
            assert self.known.recent.setdefault(uid, self.name) == self.name, f"{uid} is recent in two sessions"
        if email := find_item(items, "EMAILID"):
            told = dict(zip(items[::2], items[1::2], strict=True))
            facts = str({name: value for name, value in told.items() if name not in {"UID", "MODSEQ", "FLAGS"}})
            assert self.known.facts.setdefault(str(email), facts) == facts
            self.known.sizes[uid] = int(str(told["RFC822.SIZE"]))

    async def act(self) -> None:
        """Something, at random."""
        random = self.random
        if not self.picture.uids or random.random() < 0.15:
            await self._append()
            return
        number = random.randint(1, len(self.picture.uids))
        last = min(len(self.picture.uids), number + random.randint(0, 5))
        uid = self.picture.uids[number - 1] or 1
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
                await self._mark(self.picture.uids[number - 1])
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
        for uid in {uid for uid in self.picture.uids if uid} & self.known.sizes.keys() & self.picture.flags.keys():
            assert uid not in found or self.known.sizes[uid] > least, f"{uid} is not larger than {least}"
