"""Files the commands read and write."""

import os
from pathlib import Path

import click

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def read_folder(path: Path) -> tuple[bytes, ...]:
    """The bytes of a file, or of every file of a folder, by name."""
    paths = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    return tuple(each.read_bytes() for each in paths)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader sees the old one or the new one, and a power cut leaves either."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_secret(path: Path, data: bytes) -> None:
    """The same for a file nobody else may read, not even for a moment."""
    write_whole(path, data, 0o600)
