"""NOTIFY against a model: whatever others do, what a client is told keeps its picture of all mailboxes true."""

import random
import re
from dataclasses import dataclass, field

import pytest

from tests.imap.support import Talk, World, build_message, sign_in

_STATUS = re.compile(r'\* STATUS ("?)([^"(]+)\1 \((.*)\)')
_LIST = re.compile(r'\* LIST \(([^)]*)\) "/" (\S+)(?: \("OLDNAME" \((\S+)\)\))?')
EVENTS = "(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)"


@dataclass
class _Client:
    """What an ordinary client makes of the lines: counts by mailbox, and names with their subscriptions."""

    talk: Talk
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    subscribed: dict[str, bool] = field(default_factory=dict)

    async def begin(self) -> None:
        selected = "(SELECTED-DELAYED (MessageNew MessageExpunge))"
        for command in ('LIST "" * RETURN (SUBSCRIBED)', f"NOTIFY SET STATUS {selected} (PERSONAL {EVENTS})"):
            for line in await self.talk.do(command):
                self.hear(line)

    async def visit(self, world: World, other: Talk, rng: random.Random) -> None:
        """It looks into a mailbox, while somebody else is at work, and leaves it: what it knows is not told again."""
        box, leave = rng.choice(["INBOX", "Sent"]), rng.choice(["UNSELECT", "CLOSE"])
        status = f"STATUS {box} (MESSAGES UIDNEXT UNSEEN)"
        for command in (f"SELECT {box}", status, leave, *((status,) if leave == "CLOSE" else ())):
            for line in await self.talk.do(command):
                self.hear(line)
            if command == status:
                await _act(world, other, rng)

    def hear(self, line: str) -> None:
        if found := _STATUS.fullmatch(line):
            words = found[3].split()
            values = {name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)}
            self.counts.setdefault(found[2].strip(), {}).update(values)
        elif found := _LIST.fullmatch(line):
            self._hear_name(found[1].split(), found[2], found[3])

    def _hear_name(self, attributes: list[str], name: str, old: str | None) -> None:
        if old is not None and old != "INBOX":  # its children go with it, subscriptions do not
            self.counts = {_rename(each, old, name): counts for each, counts in self.counts.items()}
            self.subscribed = {_rename(each, old, name): is_so for each, is_so in self.subscribed.items()}
            for each in [each for each in self.subscribed if each == name or each.startswith(name + "/")]:
                self.subscribed[each] = False
        if "\\NonExistent" in attributes:
            self.counts.pop(name, None)
            self.subscribed.pop(name, None)
            return
        self.subscribed[name] = "\\Subscribed" in attributes

    async def check(self, truth: Talk) -> None:
        """After all is told it knows every mailbox, and how many messages are in it, of which how many unseen."""
        for line in await self.talk.hear():
            self.hear(line)
        told = await truth.do('LIST "" * RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UNSEEN UIDVALIDITY))')
        fresh = _Client(truth)
        for line in told:
            fresh.hear(line)
        assert set(self.subscribed) == set(fresh.subscribed)
        for name, counts in fresh.counts.items():
            mine = self.counts.get(name, {"MESSAGES": 0, "UIDNEXT": 1, "UNSEEN": 0})
            for item in ("MESSAGES", "UIDNEXT", "UNSEEN"):
                assert mine.get(item, 0) == counts[item], (name, item)


def _rename(name: str, old: str, new: str) -> str:
    return new + name[len(old) :] if name == old or name.startswith(old + "/") else name


async def _act(world: World, talk: Talk, rng: random.Random) -> None:
    names = [f"{letter}{below}" for letter in "abc" for below in ("", "/x", "/y")]
    one, two = rng.choice(names), rng.choice(names)
    act = rng.randrange(8)
    if act == 0:
        world.deliver(build_message("m"))
    elif act == 1:
        await talk.append(rng.choice([one, "Sent"]), build_message("m"), rng.choice(["", "(\\Seen)", "(\\Deleted)"]))
    elif act == 2:
        box = rng.choice([one, "INBOX", "Sent"])
        if (await talk.do(f"SELECT {box}"))[-1].startswith("OK"):
            sign, flag = rng.choice("+-"), rng.choice(["\\Seen", "\\Deleted", "$x"])
            await talk.do(f"STORE 1:* {sign}FLAGS.SILENT ({flag})")
            await talk.do(rng.choice(["EXPUNGE", "CLOSE", f"COPY 1 {one}", f"UID MOVE 1:* {two}"]))
    else:
        commands = ["CREATE {0}", "CREATE {0}", "DELETE {0}", "RENAME {0} {1}", "SUBSCRIBE Sent", "UNSUBSCRIBE Sent"]
        command = rng.choice(commands)
        await talk.do(command.format(one, two))


@pytest.mark.parametrize("seed", range(3))
async def test_whoever_is_notified_of_everything_knows_everything(world: World, seed: int) -> None:
    rng = random.Random(seed)
    client = _Client(await sign_in(world, select=""))
    await client.begin()
    others = [await sign_in(world, select="") for _ in range(2)]
    truth = await sign_in(world, select="")
    for step in range(60):
        await _act(world, rng.choice(others), rng)
        if rng.random() < 0.5:
            for line in await client.talk.hear():
                client.hear(line)
        if rng.random() < 0.1:  # it looks into a mailbox itself, and leaves it again
            await client.visit(world, rng.choice(others), rng)
        if step % 10 == 9:
            await client.check(truth)
