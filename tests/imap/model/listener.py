"""A client that believes nothing: what it hears of its mailbox, and what of that the standards allow."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.imap.model.lists import Flags, combine
from tests.imap.support import Talk, World, sign_in

_LITERAL = re.compile(rb"\{(\d+)\}\r\n")
_FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)")
_EXISTS, _RECENT = re.compile(r"\* (\d+) EXISTS"), re.compile(r"\* (\d+) RECENT")
_EXPUNGE = re.compile(r"\* (\d+) EXPUNGE")
_VANISHED = re.compile(r"\* VANISHED (\(EARLIER\) )?(\S+)")
_CODE = re.compile(r"(?:\* )?(OK|NO|BAD|BYE) (?:\[([A-Z0-9-]+)(?: ([^]]*))?\] )?.*")
_UID, _FLAGS = re.compile(r"UID (\d+)"), re.compile(r"FLAGS \(([^)]*)\)")
_MODSEQ, _EMAIL = re.compile(r"MODSEQ \((\d+)\)"), re.compile(r"EMAILID \((\w+)\)")
_STATUS = re.compile(r"\* STATUS \S+ \((.*)\)")
_LIST = re.compile(r'\* LIST \([^)]*\) "/" (\S+)(?: \("OLDNAME" .*\))?')
_KEEPS_NUMBERS = ("FETCH", "STORE", "SEARCH")  # RFC 9051 §7.5.1
_ENABLED = {
    "rev1": "",
    "rev2": "IMAP4rev2",
    "condstore": "CONDSTORE",
    "qresync": "QRESYNC",
    "both": "IMAP4rev2 QRESYNC",
}


def read_set(text: str) -> list[int]:
    """``1,4:6`` as numbers."""
    ends = [[int(end) for end in part.split(":")] for part in text.split(",")]
    return [number for pair in ends for number in range(pair[0], pair[-1] + 1)]


def write_set(uids: Iterable[int]) -> str:
    """Numbers as a set."""
    return ",".join(map(str, uids))


@dataclass
class Heard:
    """An answer."""

    condition: str = ""
    codes: set[str] = field(default_factory=set)
    pairs: tuple[tuple[int, int], ...] = ()
    validity: int = 0
    modified: Flags = frozenset()
    found: frozenset[int] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    emails: dict[int, str] = field(default_factory=dict)  # by UID
    lines: list[str] = field(default_factory=list)


@dataclass
class Listener:
    """One client. ``uids`` and ``flags`` have an entry for each number, None for what it has not been told."""

    world: World
    dialect: str
    talk: Talk
    key: int | None = None  # of the selected mailbox, as the lists have it
    read_only: bool = False
    validity: int = 0
    uids: list[int | None] = field(default_factory=list)
    flags: list[Flags | None] = field(default_factory=list)
    known: dict[int, Flags] = field(default_factory=dict)  # with QRESYNC: by UID, from the cache on
    recent: dict[int, bool] = field(default_factory=dict)
    modseqs: dict[int, int] = field(default_factory=dict)
    highest: int = 0  # up to here everything has been told
    noted: int = 0  # the largest MODSEQ that was told
    idles: bool = False
    ended: bool = False
    caches: dict[int, tuple[int, dict[int, Flags]]] = field(default_factory=dict)  # by UIDVALIDITY
    back: int = 0  # the UIDVALIDITY of the cache it comes back with
    visit: int = 0  # counts what it has selected
    history: deque[str] = field(default_factory=lambda: deque(maxlen=60))  # for who has to find out why

    @property
    def counts_modseq(self) -> bool:
        return self.dialect in {"condstore", "qresync", "both"}

    @property
    def has_vanished(self) -> bool:
        return self.dialect in {"qresync", "both"}

    @classmethod
    async def connect(cls, world: World, dialect: str) -> "Listener":
        """Signed in, with what the dialect enables."""
        listener = cls(world, dialect, await sign_in(world, select=""))
        await listener.begin()
        return listener

    async def begin(self) -> None:
        """A new connection; what was cached stays."""
        self.leave()
        self.talk.session.close()
        self.talk = await sign_in(self.world, select="")
        self.idles = self.ended = False
        if _ENABLED[self.dialect]:
            assert (await self.talk.do(f"ENABLE {_ENABLED[self.dialect]}"))[-1].startswith("OK")

    async def refresh(self) -> None:
        """End IDLE before anything is said in numbers; connect anew when the server has hung up."""
        if self.idles:
            self.idles = False
            self._hear_all(await self.talk.say(b"DONE\r\n"), "IDLE")
        if self.ended or self.talk.session.has_ended:
            await self.begin()

    def keep(self) -> None:
        """A client of QRESYNC writes down what it knows."""
        if self.key is not None and self.has_vanished and self.validity:
            self.caches[self.validity] = self.highest, dict(self.known)

    def leave(self) -> None:
        """No mailbox is selected any more."""
        self.visit += 1
        self.keep()
        self.key, self.validity, self.highest, self.noted = None, 0, 0, 0
        self.uids, self.flags, self.known, self.recent, self.modseqs = [], [], {}, {}, {}

    def list_known(self) -> list[tuple[int, int]]:
        """(number, UID) of what it knows well enough to name it."""
        return [(number, uid) for number, uid in enumerate(self.uids, 1) if uid is not None]

    def expect_flags(self, uids: Iterable[int], action: str, flags: Flags) -> None:
        """After sending STORE .SILENT: it believes that this is done."""
        for uid in uids:
            place = self.uids.index(uid)
            before = self.flags[place]
            self.flags[place] = None if before is None else combine(before, action, flags)
            if uid in self.known:
                self.known[uid] = combine(self.known[uid], action, flags)

    def forget_flags(self, uids: Iterable[int]) -> None:
        """It was not done, or not for these."""
        for uid in uids:
            if uid in self.uids:
                self.flags[self.uids.index(uid)] = None
            self.known.pop(uid, None)

    async def do(self, command: str) -> Heard:
        """A command and its answer, every line held against what is known."""
        heard = self._hear_all(await self.talk.say(b"T " + command.encode() + b"\r\n"), command)
        if not command.startswith(_KEEPS_NUMBERS) and heard.condition == "OK":
            self.highest = max(self.highest, self.noted)
        return heard

    async def idle(self) -> None:
        """IDLE begins."""
        await self.refresh()
        await self.do("NOOP")
        if self.ended:
            return
        answer = await self.talk.say(b"T IDLE\r\n")
        self.idles = b"+ idling" in answer
        self._hear_all(answer.replace(b"+ idling\r\n", b""), "IDLE")

    async def ring(self) -> None:
        """The bell rings while it idles."""
        if self.idles:
            self._hear_all(("\r\n".join([*await self.talk.hear(), ""])).encode(), "IDLE")

    def _hear_all(self, answer: bytes, command: str) -> Heard:
        heard = Heard()
        while found := _LITERAL.search(answer):
            answer = answer[: found.start()] + b"literal" + answer[found.end() + int(found[1]) :]
        self.history.append(f"C: {command}")
        heard.lines = answer.decode().removesuffix("\r\n").split("\r\n") if answer else []
        self.history += heard.lines
        for line in heard.lines:
            if line.startswith("* BYE"):
                self.ended, self.idles = True, False
            elif line.startswith("T ") or line.startswith("* OK ["):
                self._hear_condition(line, heard)
            else:
                self._hear(line, command, heard)
        assert heard.condition != "BAD", (command, heard.lines)
        assert "SERVERBUG" not in heard.codes, (command, heard.lines)
        return heard

    def _hear_condition(self, line: str, heard: Heard) -> None:
        found = _CODE.fullmatch(line.removeprefix("T "))
        assert found is not None, line
        code, value = found[2] or "", found[3] or ""
        if line.startswith("T "):
            heard.condition = found[1]
            heard.codes.add(code)
        elif code in {"COPYUID", "APPENDUID"}:
            heard.codes.add(code)
        if code in {"COPYUID", "APPENDUID"}:
            validity, *sets = value.split(" ")
            numbers = [read_set(each) for each in sets]
            assert len({len(each) for each in numbers}) == 1, line
            heard.validity, heard.pairs = int(validity), tuple(zip(numbers[0], numbers[-1], strict=True))
        elif code == "MODIFIED":
            heard.modified = frozenset(map(str, read_set(value)))
        elif code == "HIGHESTMODSEQ":
            assert int(value) >= self.highest, line
            self.highest = int(value)
        elif code == "UIDVALIDITY":
            self.validity = int(value)
            if self.back == self.validity:
                self.known = dict(self.caches[self.back][1])

    def _hear(self, line: str, command: str, heard: Heard) -> None:
        if found := _FETCH.fullmatch(line):
            self._hear_message(int(found[1]), found[2], line, heard)
        elif found := _EXISTS.fullmatch(line):
            self._hear_exists(int(found[1]), line)
        elif found := _EXPUNGE.fullmatch(line):
            assert not self.has_vanished, line
            assert not command.startswith(_KEEPS_NUMBERS), f"{line} during {command}"
            self._forget(int(found[1]) - 1)
        elif found := _VANISHED.fullmatch(line):
            assert self.has_vanished, line
            self._hear_vanished(read_set(found[2]), command, is_earlier=found[1] is not None)
        elif line.startswith(("* SEARCH", "* ESEARCH")):
            words = line.partition("ALL ")[2] if "ESEARCH" in line else line.removeprefix("* SEARCH").replace(" ", ",")
            words = words.partition(" ")[0].strip(",")
            heard.found = frozenset(read_set(words)) if words else frozenset()
        elif found := _STATUS.fullmatch(line):
            items = found[1].split()
            heard.counts = {item: int(count) for item, count in zip(items[::2], items[1::2], strict=True)}
        elif found := _LIST.fullmatch(line):
            heard.names.add(found[1].strip('"'))
        elif _RECENT.fullmatch(line):
            assert self.dialect not in {"rev2", "both"}, line
        else:
            assert line.startswith(("* FLAGS ", "* NO ", "* OK ")), line

    def _hear_exists(self, count: int, line: str) -> None:
        assert count >= len(self.uids), f"{line} after {len(self.uids)}"
        grown = count - len(self.uids)
        self.uids += [None] * grown
        self.flags += [None] * grown

    def _forget(self, place: int) -> None:
        uid = self.uids.pop(place)
        self.flags.pop(place)
        if uid is not None:
            self.known.pop(uid, None)

    def _hear_vanished(self, gone: list[int], command: str, *, is_earlier: bool) -> None:
        if is_earlier:
            assert command.startswith(("SELECT", "EXAMINE", "UID FETCH")), command
            assert not set(gone) & set(self.uids), "VANISHED (EARLIER) of what has a number (RFC 7162 §3.2.10)"
        else:
            assert not command.startswith(_KEEPS_NUMBERS), f"VANISHED during {command}"
        for uid in gone:
            self.known.pop(uid, None)
            if not is_earlier:
                self._forget(self.uids.index(uid) if uid in self.uids else self._find_place(uid))

    def _find_place(self, uid: int) -> int:
        """Where this UID, of which it was never told a number, may stand between those it knows."""
        after = next((place for place, each in enumerate(self.uids) if each is not None and each > uid), len(self.uids))
        assert self.uids[after - 1] is None, f"there is no room for {uid} in {self.uids}"
        return after - 1

    def _hear_message(self, number: int, items: str, line: str, heard: Heard) -> None:
        assert 1 <= number <= len(self.uids), f"{line} of {len(self.uids)}"
        place = number - 1
        uid = self.uids[place]
        if told := _UID.search(items):
            assert items.startswith("UID "), f"UID is not first: {line}"
            assert uid in {None, int(told[1])}, f"{line}, but it was {uid}"
            uid = self.uids[place] = int(told[1])
            known = [each for each in self.uids if each is not None]
            assert known == sorted(set(known)), "UIDs ascend with the numbers"
        assert told or not self.has_vanished, f"without UID: {line}"
        if told_flags := _FLAGS.search(items):
            assert not self.counts_modseq or "MODSEQ (" in items, f"without MODSEQ: {line}"
            self._hear_flags(place, uid, frozenset(told_flags[1].split()), line)
        if (told_modseq := _MODSEQ.search(items)) and uid is not None:
            modseq = int(told_modseq[1])
            assert self.modseqs.get(uid, 0) <= modseq, f"{line}: the clock went back"
            self.modseqs[uid], self.noted = modseq, max(self.noted, modseq)
        if (told_email := _EMAIL.search(items)) and uid is not None:
            heard.emails[uid] = told_email[1]

    def _hear_flags(self, place: int, uid: int | None, flags: Flags, line: str) -> None:
        recent = "\\Recent" in flags
        assert not (recent and self.dialect in {"rev2", "both"}), line
        self.flags[place] = flags - {"\\Recent"}
        if uid is None:
            return
        assert self.recent.setdefault(uid, recent) == recent, f"{line}: \\Recent lasts as long as the session"
        if self.has_vanished:
            self.known[uid] = flags - {"\\Recent"}
