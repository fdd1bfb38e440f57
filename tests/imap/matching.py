"""Answers as trees of arguments, and patterns of them with variables: how imaptest's scripts say what must come back.

The language is theirs (docs/scripted_test.md of that project); the code knows nothing of any one script.
"""

import re
from dataclasses import dataclass, field
from typing import Any

Args = list[Any]  # each None (NIL), a text, or a list of the same
_LITERAL = re.compile(r"~?\{(\d+)\+?\}\r\n")
_ATOM, _ATOM_IN_LIST = re.compile(r"[^ \r\n]+"), re.compile(r"[^ \r\n)]+")
_NAME = re.compile(r"\{([^}]*)\}|(\w*)")
_FLAGS_DEFAULTS = [
    "$!unordered",
    "$!noextra",
    "$!ignore=\\recent",
    "$!ignore=$hasattachment",
    "$!ignore=$hasnoattachment",
]
_STATUS_ANSWERS = {"ok", "no", "bad", "bye", "preauth"}


def parse_args(text: str) -> Args:
    """One answer or pattern, octets as Latin-1, literals in their places."""
    return _parse_list(text, 0, depth=0)[0]


def _parse_list(text: str, at: int, *, depth: int) -> tuple[Args, int]:
    args: Args = []
    while at < len(text):
        char = text[at]
        if char in " \r\n":
            at += 1
        elif char == ")" and depth:
            return args, at + 1
        elif char == "(":
            inner, at = _parse_list(text, at + 1, depth=depth + 1)
            args.append(inner)
        elif char == '"':
            found, at = _parse_quoted(text, at + 1)
            args.append(found)
        elif literal := _LITERAL.match(text, at):
            at = literal.end() + int(literal[1])
            args.append(text[literal.end() : at])
        else:
            atom = (_ATOM_IN_LIST if depth else _ATOM).match(text, at)
            assert atom is not None, text
            at = atom.end()
            args.append(None if atom[0].upper() == "NIL" else atom[0])
    return args, at


def _parse_quoted(text: str, at: int) -> tuple[str, int]:
    out = ""
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\"
        out += text[at : at + 1]
        at += 1
    return out, at + 1


def is_status(answer: Args) -> bool:
    """OK, NO, BAD, BYE: what follows the code is for humans."""
    return bool(answer) and isinstance(answer[0], str) and answer[0].lower() in _STATUS_ANSWERS


def add_defaults(pattern: Args) -> Args:
    """The directives that go without saying: flags and items come in any order."""
    named = [str(each).lower() for each in pattern[:2]]
    numbered = bool(re.match(r"[$\d]", named[0])) and len(named) > 1
    match named[1] if numbered else named[0]:
        case "list" | "lsub":
            return [_direct(each, "$!unordered") if at == 1 else each for at, each in enumerate(pattern)]
        case "status":
            return [_direct(each, "$!unordered=2") if at == 2 else each for at, each in enumerate(pattern)]
        case "fetch":
            return [_direct_fetch(each) if at == 2 else each for at, each in enumerate(pattern)]
        case _:
            return pattern


def _direct(arg: object, *directives: str) -> object:
    if not isinstance(arg, list) or (arg and str(arg[0]).startswith("$!")):
        return arg
    return [*directives, *arg]


def _direct_fetch(items: object) -> object:
    if not isinstance(items, list):
        return items
    before = ["", *(str(each).lower() for each in items)]
    inner = [
        _direct(each, *_FLAGS_DEFAULTS) if name == "flags" else each for name, each in zip(before, items, strict=False)
    ]
    return _direct(inner, "$!unordered=2")


@dataclass
class _Rules:
    """The directives at the head of a list."""

    ordered: bool = True
    chain: int = 1
    extra: bool | None = None
    ignored: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)


def _read_rules(pattern: Args) -> tuple[_Rules, Args]:
    rules = _Rules()
    for at, each in enumerate(pattern):
        if not isinstance(each, str) or not each.startswith("$!"):
            return rules, pattern[at:]
        name, _, value = each[2:].partition("=")
        match name:
            case "unordered":
                rules.ordered, rules.chain = False, int(value or 1)
            case "ordered":
                rules.ordered = True
            case "extra" | "noextra":
                rules.extra = name == "extra"
            case "ignore":
                rules.ignored.add(value.lower())
            case "ban":
                rules.banned.add(value.lower())
            case _:
                raise ValueError(each)
    return rules, []


@dataclass
class Matcher:
    """Variables, and what they have come to mean."""

    variables: dict[str, str]
    numbers: list[int] = field(default_factory=list)  # for each number at the command's start: its number now, 0: gone
    modseq: tuple[int, int] = (0, 0)  # the last $modseqN: N, and its value

    def matches(self, pattern: Args, answer: Args, *, prefix: bool) -> bool:
        """Whether it fits; what variables were bound on the way is kept only then."""
        before, modseq = dict(self.variables), self.modseq
        if self._match_args(pattern, answer, prefix=prefix):
            return True
        self.variables, self.modseq = before, modseq
        return False

    def fill(self, text: str) -> str:
        """A command with its variables' values; ``$$`` is a dollar sign."""
        out, at = "", 0
        while (dollar := text.find("$", at)) >= 0:
            out += text[at:dollar]
            if text.startswith("$$", dollar):
                out, at = out + "$", dollar + 2
                continue
            found = _NAME.match(text, dollar + 1)
            assert found is not None
            name, at = found[1] or found[2] or "", found.end()
            value = self._look_up(name)
            if value is None:
                raise ValueError(f"${name} has no value")
            out += value
        return out + text[at:]

    def _look_up(self, name: str) -> str | None:
        if name.isdecimal():
            at = int(name) - 1
            return str(self.numbers[at]) if 0 <= at < len(self.numbers) and self.numbers[at] else "(none)"
        return self.variables.get(name)

    def _match_args(self, pattern: Args, answer: Args, *, prefix: bool = False) -> bool:
        at = 0
        for place, wanted in enumerate(pattern):
            if wanted == "$]":
                while at < len(answer) and "]" not in str(answer[at]):
                    at += 1
            elif at >= len(answer) or not self._match(
                wanted, answer[at], open_end=prefix and place + 1 == len(pattern)
            ):
                return False
            at += 1
        return prefix or at >= len(answer)

    def _match(self, wanted: object, told: object, *, open_end: bool) -> bool:
        if wanted is None:
            return told is None
        if isinstance(wanted, list):
            return isinstance(told, list) and self._match_list(wanted, told)
        if wanted == "$" and isinstance(told, list):
            return True
        if not isinstance(told, str):
            return False
        expanded = self._expand(str(wanted), told)
        if expanded is None:
            return False
        value, exact = expanded
        head = told[: len(value)] if open_end else told
        return head == value if exact else head.upper() == value.upper()

    def _match_list(self, pattern: Args, told: Args) -> bool:
        rules, wanted = _read_rules(pattern)
        if rules.ordered:
            return self._match_args(wanted, told)
        if len(told) % rules.chain:
            return False
        chains = [told[at : at + rules.chain] for at in range(0, len(told), rules.chain)]
        used = set()
        for at in range(0, len(wanted), rules.chain):
            found = next(
                (n for n in range(len(chains)) if self._match_chain(wanted[at : at + rules.chain], chains[n])), -1
            )
            if found < 0:
                return False
            used.add(found)
        heads = [str(chain[0]).lower() for n, chain in enumerate(chains) if n not in used]
        if rules.extra is False:
            return all(head in rules.ignored for head in heads)
        return not any(head in rules.banned for head in heads)

    def _match_chain(self, wanted: Args, told: Args) -> bool:
        return len(wanted) == len(told) and self.matches(wanted, told, prefix=False)

    def _expand(self, wanted: str, told: str) -> tuple[str, bool] | None:
        """The pattern with every variable's value (an unknown one takes what stands there), and whether case counts."""
        out, exact, at = "", False, 0
        while at < len(wanted):
            if wanted[at] != "$" or wanted.startswith("$$", at):
                at += wanted[at] == "$"
                out += wanted[at]
                at += 1
                if out[-1].upper() != told[len(out) - 1 : len(out)].upper():
                    return (out, exact) if len(out) > len(told) else None
                continue
            found = _NAME.match(wanted, at + 1)
            assert found is not None
            name, at = found[1] or found[2] or "", found.end()
            if name.startswith("case:"):
                value, exact = name.removeprefix("case:"), True
            else:
                value = self._look_up(name) if name else None
            if value is None:
                value = self._take(name, wanted[at:], told[len(out) :])
            if not told.startswith(value, len(out)):
                return None
            out += value
        return out, exact

    def _take(self, name: str, rest: str, told: str) -> str:
        """What an unknown variable stands for: up to the next character of the pattern."""
        following = (self.fill(rest) if rest.startswith("$") else rest)[:1].upper()
        end = told.upper().find(following) if following else -1
        value = told if end < 0 else told[:end]
        if numbered := re.fullmatch(r"modseq(\d+)", name):
            index, (last, least) = int(numbered[1]), self.modseq
            if not value.isdecimal() or index < last or int(value) < least + index - last:
                return f"(at least {least + index - last})"
            self.modseq = index, int(value)
        if name:
            self.variables[name] = value
        return value
