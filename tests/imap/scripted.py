"""Reads the scripts of imaptest, Dovecot's public test of IMAP servers, from a folder (none of them is kept here)."""

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.imap.matching import Args, add_defaults, parse_args

_REPLY = re.compile(r'(?i:(tag\d+) )?(?i:(ok|no|bad|"")(?: |$))?(.*)', re.DOTALL)
_FROM_LINE = re.compile(r"From \S+ +(\w{3}) (\w{3}) +(\d+) ([\d:]{8}) (\d{4})(?: ([+-]\d{4}))?$")


@dataclass
class Step:
    """Commands for one connection, given together, and what must (``*``), may (``?``) and must not (``!``) come."""

    connection: int = 0
    commands: list[tuple[str, str, int]] = field(default_factory=list)  # tag of the script, command, line number
    replies: dict[str, Args] = field(default_factory=dict)
    untagged: list[tuple[str, Args]] = field(default_factory=list)
    is_ordered: bool = False

    def is_open(self) -> bool:
        """Whether a command still waits for its answer."""
        return len(self.replies) < len(self.commands)


@dataclass
class Script:
    """One group of tests."""

    name: str
    capabilities: list[str] = field(default_factory=list)
    connections: int = 1
    state: str = "selected"
    ignores_extra: bool = True
    users: dict[int, str] = field(default_factory=dict)
    count: int | None = None
    messages: list[tuple[str, bytes]] = field(default_factory=list)  # INTERNALDATE, octets
    steps: list[Step] = field(default_factory=list)


def read_script(path: Path) -> Script:
    """A script with the messages that belong to it; ``default.mbox`` beside it when it has none of its own."""
    script = Script(path.name)
    own = path.with_name(f"{path.name}.mbox")
    script.messages = read_mbox(own if own.exists() else path.with_name("default.mbox"))
    is_head = True
    for number, line in _join_literals(path.read_bytes().decode("latin-1")):
        if line.startswith("#"):
            continue
        if not line:
            is_head = False
        elif is_head:
            _read_header(script, line)
        else:
            _read_line(script, line, number)
    return script


def read_mbox(path: Path) -> list[tuple[str, bytes]]:
    """Every message of an mbox file with its date, lines ended by CRLF; the empty line between is of the first."""
    found: list[tuple[str, list[str]]] = []
    for line in path.read_bytes().decode("latin-1").splitlines(keepends=True):
        if head := _FROM_LINE.match(line.rstrip("\r\n")):
            day, month, number, time, year, zone = head.groups()
            date = parsedate_to_datetime(f"{day}, {number} {month} {year} {time} {zone or '+0000'}")
            found.append((f"{date:%d-%b-%Y %H:%M:%S %z}", []))
        else:
            found[-1][1].append(re.sub(r"\r?\n$", "\r\n", line))
    return [(date, "".join(lines).encode("latin-1")) for date, lines in found]


def _join_literals(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers; what stands between ``{{{`` and ``}}}`` becomes a literal of its line."""
    lines: list[tuple[int, str]] = []
    inside: list[str] | None = None
    for number, each in enumerate(text.split("\n"), 1):
        if inside is not None and not each.startswith("}}}"):
            inside.append(each + "\n")
            continue
        start, head, rest = (number, "", each) if inside is None else (*lines.pop(), each[3:])
        if inside is not None:
            head += _build_literal("".join(inside)[:-1], is_binary=head.endswith("~"))
        inside = [] if rest.endswith("{{{") else None
        lines.append((start, head + rest.removesuffix("{{{") if inside is not None else head + rest))
    return [(number, line.removesuffix("\r") if "\n" not in line else line) for number, line in lines]


def _build_literal(data: str, *, is_binary: bool) -> str:
    if not is_binary:
        data = re.sub(r"\r?\n", "\r\n", data)
    return f"{{{len(data)}}}\r\n{data}"


def _read_header(script: Script, line: str) -> None:
    key, _, value = (each.strip() for each in line.partition(":"))
    match key.lower().split():
        case ["capabilities"]:
            script.capabilities = value.upper().split()
        case ["connections"]:
            script.connections = int(value)
        case ["state"]:
            script.state = value.lower()
        case ["messages"]:
            script.count = None if value == "all" else int(value)
        case ["ignore_extra_untagged"]:
            script.ignores_extra = value.startswith("y")
        case ["user", number]:
            script.users[int(number) - 1] = value
        case _:
            raise ValueError(f"{script.name}: {line}")


def _read_line(script: Script, line: str, number: int) -> None:
    step = script.steps[-1] if script.steps else None
    if step is not None and line == "!ordered":
        step.is_ordered = True
        return
    if step is not None and line[:2] in {"* ", "! ", "? "}:
        step.untagged.append((line[0], add_defaults(parse_args(line[2:]))))
        return
    if line[0] in "!*?":  # conditions, pauses, a greeting: no script that we could read has one
        raise ValueError(f"{script.name}, line {number}: {line}")
    connection = 0
    if script.connections > 1:
        head, _, line = line.partition(" ")
        connection = int(head) - 1
    found = _REPLY.fullmatch(line)
    assert found is not None
    tag, reply, rest = (found[1] or "").lower(), found[2], found[3]
    if step is not None and step.is_open() and reply is not None:
        step.replies[tag] = parse_args(f"{reply} {rest}")
        return
    if step is None or not step.is_open():
        step = Step(connection)
        script.steps.append(step)
    if reply is not None:
        code = re.match(r"(\[[^\]]*\]) ", rest)
        step.replies[tag] = parse_args(f"{reply} {code[1] if code else ''}")
        rest = rest[code.end() :] if code else rest
    step.commands.append((tag, rest, number))
