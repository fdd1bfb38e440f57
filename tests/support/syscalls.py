"""A program's system calls as ``strace -f -y`` wrote them, each at the moment it returned."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

OPTIONS = (
    "-f",  # threads too
    "-yy",  # descriptors with what they are open on
    "--seccomp-bpf",  # only the calls that are asked for cost anything
    "-s0",
    "-etrace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev,recvfrom,recvmsg,read",
)

_WHOLE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")


@dataclass(frozen=True)
class Call:
    """One call. ``began`` and ``ended`` count lines: what ended before another began was over by then."""

    name: str
    arguments: str
    result: int
    began: int
    ended: int

    def is_on(self, text: str) -> bool:
        """It names this path or socket."""
        return text in self.arguments


def parse_calls(lines: Iterable[str]) -> Iterator[Call]:
    """The calls that returned, in the order they returned."""
    begun: dict[tuple[str, str], tuple[int, str]] = {}
    for number, line in enumerate(lines):
        if match := _BEGUN.match(line):
            begun[match[1], match[2]] = number, match[3]
        elif match := _RESUMED.match(line):
            began, arguments = begun.pop((match[1], match[2]))
            yield Call(match[2], arguments + match[3], int(match[4]), began, number)
        elif match := _WHOLE.match(line):
            yield Call(match[2], match[3], int(match[4]), number, number)
