"""The mailboxes of an account as lists would keep them, and what each command does to those lists."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field

DELETED, SEEN = "\\Deleted", "\\Seen"
CHANGED = 2**62  # the ModSeq of what changed since the truth was last looked at: larger than any

Flags = frozenset[str]


@dataclass
class Message:
    """One message: its text names it."""

    text: str
    flags: Flags
    modseq: int = CHANGED


@dataclass
class Box:
    """A mailbox. ``key`` is its own for ever."""

    key: int
    uid_next: int = 1
    rows: dict[int, Message] = field(default_factory=dict)

    def add(self, text: str, flags: Flags) -> int:
        """A message more; its UID."""
        self.rows[self.uid_next] = Message(text, flags)
        self.uid_next += 1
        return self.uid_next - 1


@dataclass
class Lists:
    """All mailboxes by name."""

    boxes: dict[str, Box] = field(default_factory=dict)
    made: int = 0

    def make(self, name: str) -> Box:
        """A mailbox and the parents it lacks."""
        levels = name.split("/")
        for depth in range(1, len(levels) + 1):
            if (each := "/".join(levels[:depth])) not in self.boxes:
                self.made += 1
                self.boxes[each] = Box(self.made)
        return self.boxes[name]

    def find(self, key: int | None) -> Box | None:
        """The mailbox of this key, if it is still there."""
        return next((box for box in self.boxes.values() if box.key == key), None)

    def copy(self) -> "Lists":
        """Lists to try something on."""
        return deepcopy(self)


@dataclass(frozen=True)
class Outcome:
    """What a command should be answered: ``None`` stands for whatever it may be."""

    condition: str | None = "OK"
    codes: Flags | None = None
    pairs: tuple[tuple[int, int], ...] | None = None  # of COPYUID, or (uid, uid) of APPENDUID
    target: int | None = None  # the key of the mailbox whose UIDVALIDITY goes with the pairs
    modified: Flags | None = None  # UIDs, as text
    source: int | None = None  # the key of their mailbox
    found: frozenset[int] | None = None
    counts: tuple[tuple[str, int], ...] = ()
    names: frozenset[str] | None = None
    selected: int | None = None  # the key of the mailbox that has been entered
    deleted: int | None = None  # of the one that has gone


Effect = Callable[[Lists], Outcome]
PLAIN = frozenset({""})
GONE = Outcome(None)  # the selected mailbox is not there any more: only that nothing happens is asked


def refuse(*codes: str) -> Outcome:
    """NO with one of these codes."""
    return Outcome("NO", frozenset(codes))


def append(name: str, texts: Iterable[str], flags: Flags) -> Effect:
    """APPEND, and what a delivery does."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.boxes.get(name)) is None:
            return refuse("TRYCREATE")
        uids = [box.add(text, flags) for text in texts]
        return Outcome(codes=frozenset({"APPENDUID"}), pairs=tuple((uid, uid) for uid in uids), target=box.key)

    return run


def store(key: int, uids: list[int], action: str, flags: Flags, since: int | None) -> Effect:
    """STORE; ``since`` of UNCHANGEDSINCE."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.find(key)) is None:
            return GONE
        alive = [uid for uid in uids if uid in box.rows]
        modified = {uid for uid in alive if since is not None and box.rows[uid].modseq > since}
        for uid in set(alive) - modified:
            change(box.rows[uid], action, flags)
        codes = {"MODIFIED", "EXPUNGEISSUED"} if modified else {"", "EXPUNGEISSUED"} if len(alive) < len(uids) else {""}
        return Outcome(codes=frozenset(codes), modified=frozenset(map(str, modified)), source=key)

    return run


def change(message: Message, action: str, flags: Flags) -> None:
    """Change one message's flags; what stays the same keeps its ModSeq."""
    after = combine(message.flags, action, flags)
    if after != message.flags:
        message.flags, message.modseq = after, CHANGED


def combine(before: Flags, action: str, flags: Flags) -> Flags:
    """The flags after STORE."""
    return {"+": before | flags, "-": before - flags}.get(action, flags)


def read(key: int, uids: list[int], *, marks: bool) -> Effect:
    r"""FETCH, which sets \Seen when it ``marks``."""
    mark = store(key, uids, "+", frozenset({SEEN}), None)

    def run(lists: Lists) -> Outcome:
        if marks:
            mark(lists)
        return GONE if lists.find(key) is None else Outcome(codes=frozenset({"", "EXPUNGEISSUED"}))

    return run


def expunge(key: int, uids: list[int] | None) -> Effect:
    """EXPUNGE, UID EXPUNGE."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.find(key)) is None:
            return GONE
        for uid in [uid for uid, row in box.rows.items() if DELETED in row.flags and (uids is None or uid in uids)]:
            del box.rows[uid]
        return Outcome(codes=frozenset({"", "HIGHESTMODSEQ"}))

    return run


def close(key: int, *, read_only: bool) -> Effect:
    """CLOSE."""

    def run(lists: Lists) -> Outcome:
        if lists.find(key) is not None and not read_only:
            expunge(key, None)(lists)
        return Outcome(codes=PLAIN)

    return run


def copy(key: int, uids: list[int], name: str, *, moves: bool) -> Effect:
    """COPY, and MOVE."""

    def run(lists: Lists) -> Outcome:
        source, target = lists.find(key), lists.boxes.get(name)
        if source is None:
            return GONE
        alive = [uid for uid in sorted(uids) if uid in source.rows]
        if target is None:
            return Outcome("NO", frozenset({"TRYCREATE"})) if alive else Outcome(None)
        pairs = tuple((uid, target.add(source.rows[uid].text, source.rows[uid].flags)) for uid in alive)
        if moves:
            for uid in alive:
                del source.rows[uid]
        codes = {"COPYUID", "HIGHESTMODSEQ", ""} if moves else {"COPYUID"} if alive else {"", "EXPUNGEISSUED"}
        return Outcome(codes=frozenset(codes), pairs=pairs, target=target.key)

    return run


def replace(key: int, uid: int, name: str, text: str, flags: Flags) -> Effect:
    """UID REPLACE."""

    def run(lists: Lists) -> Outcome:
        source, target = lists.find(key), lists.boxes.get(name)
        if source is None:
            return GONE
        if target is None or uid not in source.rows:
            return refuse(
                *(["TRYCREATE"] if target is None else []), *(["NONEXISTENT"] if uid not in source.rows else [])
            )
        del source.rows[uid]
        new = target.add(text, flags)
        return Outcome(codes=frozenset({"", "APPENDUID", "HIGHESTMODSEQ"}), pairs=((new, new),), target=target.key)

    return run


def create(name: str) -> Effect:
    """CREATE."""

    def run(lists: Lists) -> Outcome:
        if name in lists.boxes:
            return refuse("ALREADYEXISTS")
        lists.make(name)
        return Outcome(codes=frozenset({"MAILBOXID"}))

    return run


def delete(name: str) -> Effect:
    """DELETE."""

    def run(lists: Lists) -> Outcome:
        if name not in lists.boxes:
            return refuse("NONEXISTENT")
        if name == "INBOX":
            return refuse("CANNOT")
        if any(other.startswith(name + "/") for other in lists.boxes):
            return refuse("HASCHILDREN")
        return Outcome(codes=PLAIN, deleted=lists.boxes.pop(name).key)

    return run


def rename(old: str, new: str) -> Effect:
    """RENAME, with what lies below; INBOX only gives its messages away."""

    def run(lists: Lists) -> Outcome:
        if old not in lists.boxes:
            return refuse("NONEXISTENT")
        if new in lists.boxes:
            return refuse("ALREADYEXISTS")
        if old == "INBOX":
            inbox, target = lists.boxes[old], lists.make(new)
            for row in inbox.rows.values():
                target.add(row.text, row.flags)
            inbox.rows.clear()
            return Outcome(codes=PLAIN)
        if new.startswith(old + "/"):
            return refuse("CANNOT")
        moves = {name: new + name[len(old) :] for name in lists.boxes if name == old or name.startswith(old + "/")}
        if set(moves.values()) & set(lists.boxes):
            return refuse("ALREADYEXISTS")
        if "/" in new:
            lists.make(new.rpartition("/")[0])
        for before, after in moves.items():
            lists.boxes[after] = lists.boxes.pop(before)
        return Outcome(codes=PLAIN)

    return run


def select(name: str, *, read_only: bool) -> Effect:
    """SELECT, EXAMINE."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.boxes.get(name)) is None:
            return refuse("NONEXISTENT")
        return Outcome(codes=frozenset({"READ-ONLY" if read_only else "READ-WRITE"}), selected=box.key)

    return run


def search(key: int, flag: str) -> Effect:
    """UID SEARCH KEYWORD and its kin."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.find(key)) is None:
            return GONE
        return Outcome(codes=PLAIN, found=frozenset(uid for uid, row in box.rows.items() if flag in row.flags))

    return run


def status(name: str) -> Effect:
    """STATUS (MESSAGES UIDNEXT UNSEEN DELETED)."""

    def run(lists: Lists) -> Outcome:
        if (box := lists.boxes.get(name)) is None:
            return refuse("NONEXISTENT")
        rows = box.rows.values()
        unseen, deleted = sum(SEEN not in row.flags for row in rows), sum(DELETED in row.flags for row in rows)
        counts = (("MESSAGES", len(rows)), ("UIDNEXT", box.uid_next), ("UNSEEN", unseen), ("DELETED", deleted))
        return Outcome(codes=PLAIN, counts=counts)

    return run


def list_names(lists: Lists) -> Outcome:
    """LIST "" *."""
    return Outcome(codes=PLAIN, names=frozenset(lists.boxes))


def nothing(_: Lists) -> Outcome:
    """NOOP, UNSELECT, CHECK; of a mailbox that has gone some are refused."""
    return Outcome(None)
