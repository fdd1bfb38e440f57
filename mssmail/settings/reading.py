"""The configuration is read strictly: every fault names file, line and key."""

import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, tzinfo
from enum import Enum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mssmail.core.address import normalise_domain
from mssmail.core.endpoint import Endpoint, parse_endpoint
from mssmail.errors import BadSyntax, ConfigError
from mssmail.settings.mail import Domain, Route
from mssmail.settings.tree import ARRAYS, TABLES, Settings


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file; paths in it become absolute. Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), file=str(path)) from error
    return parse_settings(tree, text, path)


def parse_settings(tree: Mapping[str, Any], text: str, path: Path) -> Settings:
    """The settings from a parsed TOML tree; ``text`` is only used to name lines."""
    source = _Source(text, path)
    values: dict[str, Any] = {"file": path}
    known = {f.name: f for f in fields(Settings) if f.name != "file"}
    for table, content in tree.items():
        if table not in known:
            raise source.fault("unknown table" if isinstance(content, dict | list) else "unknown key", table)
    for table in known:
        values[table] = _read_table(table, tree.get(table, [] if table in ARRAYS else {}), source)
    return Settings(**values)


@dataclass(frozen=True, slots=True)
class _Source:
    """The file being read: makes faults with the line of a key."""

    text: str
    path: Path

    def fault(self, reason: str, table: str, key: str = "") -> ConfigError:
        name = f"{table}.{key}" if key else table
        line = self._find_line(table, key) or self._find_line(table, "")
        return ConfigError(reason, file=str(self.path), line=line, key=name)

    def _find_line(self, table: str, key: str) -> int | None:
        current = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[+\s*\"?([^\]\"]+?)\"?\s*\]+", line)
            if header:
                current = header[1]
                if not key and current == table:
                    return number
            wanted = key or table
            if current == (table if key else "") and re.match(rf"\s*\"?{re.escape(wanted)}\"?\s*=", line):
                return number
        return None


def _read_table(table: str, content: object, source: _Source) -> object:
    if table in ARRAYS:
        if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
            raise source.fault(f"write [[{table}]]", table)
        return tuple(_read_row(ARRAYS[table], table, row, source) for row in content)
    if not isinstance(content, dict):
        raise source.fault(f"write [{table}]", table)
    return _read_row(TABLES[table], table, content, source)


def _read_row(kind: type, table: str, row: Mapping[str, object], source: _Source) -> object:
    known = {f.name: f for f in fields(kind)}
    values: dict[str, object] = {}
    for key, value in row.items():
        if key not in known:
            raise source.fault("unknown key", table, key)
        try:
            values[key] = _convert(typing.get_type_hints(kind)[key], value, source.path)
            if (kind, key) in _DOMAINS and value != "*":
                values[key] = normalise_domain(str(value))
        except (ValueError, TypeError, BadSyntax) as error:
            raise source.fault(str(error), table, key) from error
    for name, f in known.items():
        if name not in values and f.default is MISSING:
            raise source.fault("is missing", table, name)
        if name not in values and isinstance(f.default, Path):
            values[name] = source.path.parent.absolute() / f.default
    return kind(**values)


_DOMAINS = {(Domain, "name"), (Route, "domain")}


def _convert(hint: Any, value: object, path: Path) -> object:  # noqa: ANN401 - a type hint is no type
    if isinstance(hint, types.UnionType):
        return None if value == "" else _convert(hint.__args__[0], value, path)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise TypeError("a list is wanted")
        return tuple(_convert(typing.get_args(hint)[0], item, path) for item in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        allowed = [member.value for member in hint]
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)} is wanted, not {value!r}")
        return hint(value)
    return _CONVERTERS[hint](value, path)


def _expect(kind: type, word: str) -> Callable[[object, Path], object]:
    def check(value: object, _path: Path) -> object:
        if type(value) is not kind:
            raise TypeError(f"{word} is wanted, not {value!r}")
        if isinstance(value, int) and value < 0:
            raise ValueError("a number below zero makes no sense here")
        return value

    return check


def _find_zone(name: str) -> tzinfo:
    if name == str(UTC):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones is no zone
        raise ValueError(f"this system knows no time zone {name!r}") from error


_CONVERTERS: dict[type, Callable[[object, Path], object]] = {
    int: _expect(int, "a whole number"),
    str: _expect(str, "text in quotes"),
    bool: _expect(bool, "true or false"),
    Path: lambda value, path: path.parent.absolute() / str(value),
    Endpoint: lambda value, _path: parse_endpoint(str(value)),
    tzinfo: lambda value, _path: _find_zone(str(value)),
}
