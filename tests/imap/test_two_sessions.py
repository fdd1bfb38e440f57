"""Two clients and a stream of deliveries over the real store: what each is told always rebuilds the mailbox."""

import random
import re
from dataclasses import dataclass, field

import pytest

from tests.imap.support import Talk, World, build_message, sign_in

_EXISTS = re.compile(r"\* (\d+) EXISTS")
_EXPUNGE = re.compile(r"\* (\d+) EXPUNGE")
_FETCH = re.compile(r"\* (\d+) FETCH \((?:UID (\d+) ?)?(?:FLAGS \(([^)]*)\))?\)")


@dataclass
class _Client:
    """What an ordinary client makes of the lines: one entry a message, with UID and flags once it has heard them."""

    talk: Talk
    uids: list[int | None] = field(default_factory=list)
    flags: list[set[str] | None] = field(default_factory=list)

    async def do(self, command: str) -> list[str]:
        lines = await self.talk.do(command)
        assert lines[-1].startswith("OK"), (command, lines)
        for line in lines:
            self._hear(line, command)
        return lines

    def _hear(self, line: str, command: str) -> None:
        if found := _EXISTS.fullmatch(line):
            new = int(found[1]) - len(self.uids)
            assert new > 0 or command.startswith("SELECT"), "EXISTS never shrinks a mailbox"
            self.uids += [None] * new
            self.flags += [None] * new
        elif found := _EXPUNGE.fullmatch(line):
            assert not command.startswith(("FETCH", "STORE", "SEARCH")), "numbers must not move now"
            del self.uids[int(found[1]) - 1], self.flags[int(found[1]) - 1]
        elif found := _FETCH.fullmatch(line):
            place = int(found[1]) - 1
            if found[2] is not None:
                assert self.uids[place] in (None, int(found[2])), "a number means one message"
                self.uids[place] = int(found[2])
            if found[3] is not None:
                self.flags[place] = set(found[3].split()) - {"\\Recent"}

    def pick(self, rng: random.Random) -> int:
        return rng.randrange(len(self.uids)) + 1


async def _act(client: _Client, rng: random.Random) -> None:
    """One command, of the kinds that make numbers move or use them."""
    acts = ["NOOP", "EXPUNGE", "UID FETCH 1:* (UID FLAGS)", "SEARCH ALL", "UID SEARCH UNSEEN"]
    if client.uids:
        number, flag = client.pick(rng), rng.choice(["\\Seen", "\\Deleted", "\\Flagged", "$Work"])
        sign, silent = rng.choice(["", "+", "-"]), rng.choice(["", ".SILENT"])
        acts += [
            f"STORE {number} {sign}FLAGS{silent} ({flag})",
            f"UID STORE {client.uids[number - 1] or 1}:* {sign}FLAGS ({flag})",
            f"FETCH {number}:* (UID FLAGS)",
            f"COPY {number} INBOX",
        ]
    command = rng.choice(acts)
    lines = await client.do(command)
    if command.startswith("STORE") and ".SILENT" in command and "EXPUNGEISSUED" not in lines[-1]:
        client.flags[number - 1] = None  # it could work that out, but ours is lazy: it asks again


async def _compare(client: _Client) -> None:
    """After NOOP the client knows what there is; a fresh look must agree with what it gathered."""
    await client.do("NOOP")
    known_uids, known_flags = list(client.uids), list(client.flags)
    await client.do("UID FETCH 1:* (UID FLAGS)")
    for before, after in zip(known_uids, client.uids, strict=True):
        assert before in (None, after)
    for earlier, later in zip(known_flags, client.flags, strict=True):
        assert earlier is None or earlier == later


@pytest.mark.parametrize("seed", range(4))
async def test_each_rebuilds_the_mailbox_from_what_it_is_told(world: World, seed: int) -> None:
    rng = random.Random(seed)
    clients = [_Client(await sign_in(world, select="")) for _ in range(2)]
    for client in clients:
        await client.do("SELECT INBOX")
    for step in range(120):
        if rng.random() < 0.3:
            world.deliver(build_message(f"m{step}"))
        client = rng.choice(clients)
        await _act(client, rng)
        if step % 10 == 9:
            await _compare(client)
    for client in clients:
        await _compare(client)
    assert clients[0].uids == clients[1].uids
    assert clients[0].flags == clients[1].flags


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("UID FETCH 2 FLAGS", "* 2 FETCH (UID 2 FLAGS (\\Deleted))"),
        ("UID STORE 2 +FLAGS (\\Seen)", "* 2 FETCH (UID 2 FLAGS (\\Deleted \\Seen))"),
        ("UID STORE 1:2 -FLAGS.SILENT (\\Deleted)", "* 2 EXISTS"),
        ("UID COPY 2 Trash", " 2 1] "),
        ("UID MOVE 2 Trash", " 2 1] "),
        ("UID EXPUNGE 2", "* 2 EXPUNGE"),
        ("UID SEARCH DELETED", "* SEARCH 2"),
    ],
)
async def test_a_uid_that_another_connection_has_heard_of_is_one(world: World, command: str, answer: str) -> None:
    """Clients with several connections to one mailbox name what they know, whichever connection told them."""
    world.deliver()
    one, two = await sign_in(world), await sign_in(world)
    world.deliver(build_message("new"), "INBOX", "\\Deleted")
    assert "* 2 EXISTS" in await one.do("NOOP")
    lines = await two.do(command)
    assert "* 2 EXISTS" in lines
    assert answer in "\n".join(lines)
    assert lines[-1].startswith(("OK", "OK ["))
    messages = "".join(await one.do("STATUS INBOX (MESSAGES DELETED)"))
    gone = command.startswith(("UID MOVE", "UID EXPUNGE"))
    assert f"(MESSAGES {1 if gone else 2} DELETED {0 if gone or '-FLAGS' in command else 1})" in messages


@pytest.mark.parametrize("seed", range(2))
async def test_each_rebuilds_it_from_what_notify_pushes_too(world: World, seed: int) -> None:
    """With mutes in between, in which each keeps the picture it has (RFC 5465 §3.1)."""
    rng, events = random.Random(seed), "(MessageNew (UID FLAGS) MessageExpunge FlagChange)"
    clients = [_Client(await sign_in(world, select="")) for _ in range(2)]
    for client, scope in zip(clients, ("SELECTED", "SELECTED-DELAYED"), strict=True):
        await client.do("SELECT INBOX")
        await client.do(f"NOTIFY SET ({scope} {events})")
    for step in range(80):
        client = rng.choice(clients)
        if rng.random() < 0.3:
            world.deliver(build_message(f"m{step}"))
            for line in await client.talk.hear():
                client._hear(line, "")
        await _act(client, rng)
        if step % 20 == 10:
            await client.do("NOTIFY NONE")
        if step % 20 == 19:
            await clients[0].do(f"NOTIFY SET (SELECTED {events})")
            await clients[1].do(f"NOTIFY SET (SELECTED-DELAYED {events})")
            await _compare(client)
    for client in clients:
        await _compare(client)
    assert clients[0].uids == clients[1].uids
    assert clients[0].flags == clients[1].flags


@pytest.mark.parametrize("command", ["UID COPY 1:* Trash", "MOVE 1 Trash", "UID MOVE 1:* Trash", "UID FETCH 1:* FLAGS"])
async def test_of_a_mailbox_that_somebody_deleted_nothing_is_to_be_created(world: World, command: str) -> None:
    talk, other = await sign_in(world, select=""), await sign_in(world, select="")
    await other.do("CREATE A")
    world.deliver(build_message("x"), "A")
    await talk.do("SELECT A")
    await other.do("DELETE A")
    assert [line.partition("]")[0] for line in await talk.do(command)] == ["NO [NONEXISTENT", "* BYE [UNAVAILABLE"]


async def test_a_mailbox_that_somebody_deleted_can_be_closed(world: World) -> None:
    talk, other = await sign_in(world, select=""), await sign_in(world, select="")
    await other.do("CREATE A")
    await talk.do("SELECT A")
    await other.do("DELETE A")
    assert await talk.do("CLOSE") == ["OK CLOSE completed"]
    assert (await talk.do("SELECT INBOX"))[-1].startswith("OK")
