"""The configuration is written with the meaning of every key above it."""

from dataclasses import fields, is_dataclass
from enum import Enum

from mssmail.settings.tree import ARRAYS, TABLES, Settings


def encode_settings(settings: Settings) -> str:
    """The commented TOML text of these settings: every key, its meaning above it."""
    blocks = [_encode_row(f"[{name}]", getattr(settings, name)) for name in TABLES]
    for name in ARRAYS:
        blocks.extend(_encode_row(f"[[{name}]]", row) for row in getattr(settings, name))
    return "\n".join(blocks)


def _encode_row(header: str, row: object) -> str:
    if not is_dataclass(row):
        raise TypeError("a table of the settings is a dataclass")
    lines = [f"# {(row.__doc__ or '').strip()}", header]
    for f in fields(row):
        lines += [f"# {f.metadata['doc']}", f"{f.name} = {_encode_value(getattr(row, f.name))}"]
    return "\n".join(lines) + "\n"


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
