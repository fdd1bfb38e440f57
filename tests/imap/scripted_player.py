"""Plays a script of imaptest against a server: prepares its mailboxes, gives the commands, holds the answers."""

import asyncio
import re
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice

from tests.imap.matching import Args, Matcher, is_status, parse_args
from tests.imap.picture import Picture
from tests.imap.scripted import Script, Step

_PATIENCE_SECONDS = 60
_MAILBOX = "imaptest"
_SYNC = re.compile(rb"(?<=\})\r\n")
_LEAVES, _LOGOUT = re.compile(r"(?i)(close|unselect)$"), re.compile(r"(?i)logout$")
_STATES = ("nonauth", "auth", "created", "appended", "selected")


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and who may sign in there."""

    port: int
    tls: ssl.SSLContext
    user: str
    password: str


class Unfit(Exception):
    """The server did not do what the script says."""


class Skipped(Exception):
    """The server does not announce what the script is about."""


@dataclass
class Connection:
    """One connection of a script."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    given: int = 0
    heard: list[Args] = field(default_factory=list)

    async def read(self) -> str:
        """The next answer with its literals, octets as Latin-1."""
        out = b""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while line := await self.reader.readline():
                    out += line
                    if not (literal := re.search(rb"\{(\d+)\}\r\n$", line)):
                        return out.decode("latin-1").removesuffix("\r\n")
                    out += await self.reader.readexactly(int(literal[1]))
        except TimeoutError as fault:
            raise Unfit("no answer") from fault
        raise Unfit("the server hung up")

    async def give(self, command: str) -> str:
        """Send a command, each literal after its go-ahead; the tag it has."""
        self.given += 1
        tag = f"{self.number}.{self.given}"
        pieces = _SYNC.split(f"{tag} {command}\r\n".encode("latin-1"))
        for piece in pieces[:-1]:
            self.writer.write(piece + b"\r\n")
            while not (answer := await self.read()).startswith("+"):
                if answer.startswith(f"{tag} "):
                    self.heard.append(["", *parse_args(answer)])
                    return tag
                self.heard.append(parse_args(answer))
        self.writer.write(pieces[-1])
        return tag

    async def next_answer(self) -> Args:
        """What has been heard and not looked at, else what comes."""
        return self.heard.pop(0) if self.heard else parse_args(await self.read())

    async def do(self, command: str) -> tuple[Args, list[Args]]:
        """A command of the preparation: its tagged answer, and what came before."""
        tag, untagged = await self.give(command), list[Args]()
        while True:
            answer = await self.next_answer()
            answer = answer[1:] if answer[:1] == [""] else answer
            if answer[0] == tag:
                return answer[1:], untagged
            untagged.append(answer[1:])


async def play(script: Script, target: Target) -> None:
    """Raise Unfit at the first answer that is not as the script says; Skipped when the server lacks what it needs."""
    async with AsyncExitStack() as stack:
        lines = [await open_connection(target, number + 1, stack) for number in range(script.connections)]
        player = _Player(script, lines, target)
        await player.prepare()
        for step in script.steps:
            await player.play(step)
        await player.leave()


async def open_connection(target: Target, number: int, stack: AsyncExitStack) -> Connection:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", target.port, ssl=target.tls, server_hostname="localhost", limit=1 << 20
    )
    stack.callback(writer.transport.abort)
    line = Connection(reader, writer, number)
    await line.read()
    return line


class _Player:
    def __init__(self, script: Script, lines: list[Connection], target: Target) -> None:
        name, _, domain = target.user.partition("@")
        variables = {"mailbox": _MAILBOX, "mailbox_url": _MAILBOX}
        for number in ["", *map(str, range(2, script.connections + 1))]:
            values = {"user": target.user, "username": name, "domain": domain, "password": target.password}
            variables |= {f"{key}{number}": value for key, value in values.items()}
        self._script, self._lines, self._target = script, lines, target
        self._matcher = Matcher(variables)
        self._pictures = [Picture() for _ in lines]
        self._messages = cycle(script.messages)

    async def prepare(self) -> None:
        """The state the script starts from; every mailbox of earlier ones is deleted."""
        first, wanted = self._lines[0], _STATES.index(self._script.state)
        if wanted == 0:
            await self._check_capabilities(first)
            return
        for line in self._lines:
            await self._must(line, f'LOGIN "{self._target.user}" "{self._target.password}"')
        await self._check_capabilities(first)
        for command, undo in (("LIST", "DELETE"), ("LSUB", "UNSUBSCRIBE")):
            names = [str(told[3]) for told in await self._must(first, f'{command} "" "{_MAILBOX}*"') if len(told) > 3]
            for name in sorted(names, reverse=True):
                await first.do(f'{undo} "{name}"')
        if wanted >= _STATES.index("created"):
            await self._must(first, f"CREATE {_MAILBOX}")
        if wanted >= _STATES.index("appended"):
            count = len(self._script.messages) if self._script.count is None else self._script.count
            for date, data in islice(self._messages, count):
                await self._must(first, _build_append("", date, data))
        if wanted >= _STATES.index("selected"):
            for line in self._lines:
                await self._must(line, f"SELECT {_MAILBOX}")

    async def _must(self, line: Connection, command: str) -> list[Args]:
        answer, untagged = await line.do(command)
        for each in untagged:
            self._note(self._lines.index(line), each, [command], "outside of the script")
        if str(answer[0]).upper() != "OK":
            raise Unfit(f"outside of the script, {command[:60]}: {answer}")
        return untagged

    async def _check_capabilities(self, line: Connection) -> None:
        told = {str(each).upper() for answer in await self._must(line, "CAPABILITY") for each in answer}
        users = [user for user in self._script.users.values() if user.strip("${}") == "user2"]
        if missing := {*self._script.capabilities, *users} - told:
            raise Skipped(" ".join(sorted(missing)))

    async def play(self, step: Step) -> None:
        """One step."""
        picture = self._pictures[step.connection]
        self._matcher.numbers = list(range(1, len(picture.uids) + 1))
        where = f"line {step.commands[-1][2]}: {step.commands[-1][1][:80]!r}"
        given = await self._give(step)
        self._matcher.variables["tag"] = next(iter(given))
        missing, strange = list(step.untagged), list[Args]()
        while given:
            answer = await self._lines[step.connection].next_answer()
            answer = answer[1:] if answer[:1] == [""] else answer
            if answer[0] == "*":
                if not self._hear(step, missing, answer[1:], where):
                    strange.append(answer[1:])
                self._note(step.connection, answer[1:], [command for _, command in given.values()], where)
            elif answer[0] in given:
                self._finish(step, *given.pop(answer[0]), answer[1:])
            else:
                raise Unfit(f"{where}: {answer} answers no command")
        if still := [each for kind, each in missing if kind == "*"]:
            raise Unfit(f"{where}: not told {still}, but {strange}; {self._matcher.variables}")
        if strange and not self._script.ignores_extra:
            raise Unfit(f"{where}: also told {strange}")

    async def _give(self, step: Step) -> dict[str, tuple[str, str]]:
        """Every command of the step: its tag on the wire → its tag in the script, and what was sent."""
        given = {}
        for tag, command, _ in step.commands:
            filled = self._complete(self._matcher.fill(command))
            given[await self._lines[step.connection].give(filled)] = tag, filled
        return given

    def _finish(self, step: Step, tag: str, command: str, answer: Args) -> None:
        wanted = step.replies[tag]
        if not self._matcher.matches(wanted, answer, prefix=True):
            raise Unfit(f"{command[:80]!r}: wanted {wanted}, told {answer}")
        if _LEAVES.match(command):
            self._pictures[step.connection].enter()

    async def leave(self) -> None:
        """As imaptest does: LOGOUT is answered, unless the script has said it."""
        if not any(_LOGOUT.match(command) for step in self._script.steps for _, command, _ in step.commands):
            await self._must(self._lines[0], "LOGOUT")

    def _note(self, connection: int, answer: Args, commands: list[str], where: str) -> None:
        """Hold it against what this connection has been told before, whether the script speaks of it or not."""
        try:
            self._pictures[connection].hear(answer, commands)
        except AssertionError as fault:
            raise Unfit(f"{where}: {answer} cannot be: {fault}") from fault
        if answer[1:2] and str(answer[1]).upper() == "EXPUNGE":
            gone = int(answer[0])
            self._matcher.numbers = [0 if n == gone else n - (n > gone) for n in self._matcher.numbers]

    def _hear(self, step: Step, missing: list[tuple[str, Args]], answer: Args, where: str) -> bool:
        """Strike out every expectation it meets; whether there was one."""
        met = False
        for each in list(missing):
            kind, pattern = each
            if self._matcher.matches(pattern, answer, prefix=is_status(answer)):
                if kind == "!":
                    raise Unfit(f"{where}: must not be told {answer}")
                missing.remove(each)
                met = True
            if step.is_ordered and (met or kind == "*"):
                break
        return met

    def _complete(self, command: str) -> str:
        """APPEND and REPLACE without a message take the next one."""
        verb = re.fullmatch(r"(?i)append(?P<args> [^{]*)?|((uid )?replace \S+)(?P<more> [^{]*)?", command)
        if verb is None or "catenate" in command.lower():
            return command
        date, data = next(self._messages)
        given = (verb["args"] or verb["more"] or "").strip()
        return _build_append(given, date, data, verb[2] or "APPEND")


def _build_append(given: str, date: str, data: bytes, verb: str = "APPEND") -> str:
    when = f' "{date}"' if '"' not in given else ""
    return f"{verb} {given or _MAILBOX}{when} {{{len(data)}}}\r\n{data.decode('latin-1')}"
