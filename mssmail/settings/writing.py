"""The configuration is written with the meaning of every key above it."""

from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any

from mssmail.settings.tree import ARRAYS, TABLES, Settings


def encode_settings(settings: Settings) -> str:
    """The commented TOML text of these settings: every key, its meaning above it.

    A table that may stand there several times, and does not stand there once, is shown behind ``#``.
    """
    blocks = [_encode_row(f"[{name}]", getattr(settings, name)) for name in TABLES]
    for name, kind in ARRAYS.items():
        rows = getattr(settings, name)
        blocks += [_encode_row(f"[[{name}]]", row) for row in rows] or [_encode_unused(f"[[{name}]]", kind)]
    return "\n".join(blocks)


def _encode_row(header: str, row: object) -> str:
    if not is_dataclass(row):
        raise TypeError("a table of the settings is a dataclass")
    lines = [f"# {(row.__doc__ or '').strip()}", header]
    for f in fields(row):
        lines += [f"# {f.metadata['doc']}", f"{f.name} = {_encode_value(getattr(row, f.name))}"]
    return "\n".join(lines) + "\n"


def _encode_unused(header: str, kind: type) -> str:
    lines = [f"# {(kind.__doc__ or '').strip()}", f"#{header}"]
    for f in fields(kind):
        lines += [f"# {f.metadata['doc']}", f"#{f.name} = {_encode_value(_find_example(f))}"]
    return "\n".join(lines) + "\n"


def _find_example(wanted: "Field[Any]") -> object:
    if wanted.default is not MISSING:
        return wanted.default
    return "" if wanted.type is str else ()


def _encode_value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case None:
            return '""'
        case tuple():
            return "[" + ", ".join(_encode_value(item) for item in value) + "]"
        case Enum():
            return _encode_value(value.value)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
