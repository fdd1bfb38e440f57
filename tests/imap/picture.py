"""What one session has been told of its selected mailbox; what contradicts it is a fault, as imaptest has it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.imap.matching import Args

_KEEPS_NUMBERS = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")  # RFC 9051 §7.5.1; UID commands do not keep them


@dataclass
class Picture:
    """A UID for each number, 0 where none was told; flags and ModSeqs by UID."""

    uids: list[int] = field(default_factory=list)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)  # in lower case, without \\Recent
    modseqs: dict[int, int] = field(default_factory=dict)
    announced: set[str] = field(default_factory=set)  # keywords that a FLAGS response named

    def enter(self) -> None:
        """A mailbox is selected anew, or none."""
        self.uids, self.flags, self.modseqs = [], {}, {}

    def hear(self, answer: Args, commands: Sequence[str]) -> None:
        """One untagged response while these commands have no answer yet; AssertionError where it cannot be so."""
        match [each.upper() if isinstance(each, str) else each for each in answer[:2]]:
            case [number, "EXISTS"]:
                assert int(number) >= len(self.uids), f"{answer}: only EXPUNGE takes away"
                self.uids += [0] * (int(number) - len(self.uids))
            case [number, "EXPUNGE"]:
                kept = all(command.upper().startswith(_KEEPS_NUMBERS) for command in commands)
                assert not (commands and kept), f"{answer} during {commands}"
                assert 1 <= int(number) <= len(self.uids), f"{answer} of {len(self.uids)}"
                self._forget(self.uids.pop(int(number) - 1))
            case ["VANISHED", [_]]:
                for uid in read_set(str(answer[2])):
                    self._forget(uid)
            case ["VANISHED", numbers]:
                for uid in read_set(str(numbers)):
                    self.uids.remove(uid)
                    self._forget(uid)
            case ["FLAGS", list(flags)]:
                self.announced = {str(flag).lower() for flag in flags}
                used = {flag for uid in self.uids for flag in self.flags.get(uid, ()) if flag[0] != "\\"}
                assert used <= self.announced, f"{used - self.announced} is in use and not announced"
            case [number, "FETCH"]:
                self._hear_message(int(number), answer[2])
            case ["OK", "[CLOSED]"]:
                self.enter()

    def find_uid(self, number: int) -> int:
        """What is known of the message of this number; 0 when nothing is."""
        return self.uids[number - 1]

    def _forget(self, uid: int) -> None:
        self.flags.pop(uid, None)
        self.modseqs.pop(uid, None)

    def _hear_message(self, number: int, items: Args) -> None:
        assert 1 <= number <= len(self.uids), f"{number} of {len(self.uids)}"
        uid = int(str(find_item(items, "UID") or self.uids[number - 1]))
        assert self.uids[number - 1] in {0, uid}, f"{number} is {uid}, and was {self.uids[number - 1]}"
        self.uids[number - 1] = uid
        told = [each for each in self.uids if each]
        assert told == sorted(set(told)), "UIDs ascend with the numbers"
        flags = find_item(items, "FLAGS")
        if isinstance(flags, list):
            named = frozenset(str(flag).lower() for flag in flags)
            strange = {flag for flag in named if flag[0] != "\\"} - self.announced
            assert not strange, f"{strange} was never announced"
            if uid:
                self.flags[uid] = named - {"\\recent"}
        modseq = find_item(items, "MODSEQ")
        if uid and isinstance(modseq, list):
            assert int(modseq[0]) >= self.modseqs.get(uid, 0), f"the ModSeq of {uid} went back"
            self.modseqs[uid] = int(modseq[0])


def find_item(items: Args, name: str) -> "str | Args | None":
    """What follows the name of a FETCH item; None when it was not told."""
    named = pairwise(items)
    return next((value for each, value in named if isinstance(each, str) and each.upper() == name), None)


def read_set(numbers: str) -> list[int]:
    """Every number of a set."""
    found: list[int] = []
    for part in numbers.split(","):
        low, _, high = part.partition(":")
        found += range(int(low), int(high or low) + 1)
    return found
