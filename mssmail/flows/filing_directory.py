"""A message's documents as a folder that appears whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mssmail.core.filing import Filed, FilingOutcome, NotNow

_DRAFTS = ".drafts"


def file_into(directory: Path, name: str, files: Mapping[str, bytes]) -> FilingOutcome:
    """Make the folder ``directory/name`` of these files, durable when this returns. Blocks.

    Whoever watches the directory sees no half of it: files and folder are synced under another name first, then renamed
    into place. A folder of that name that is there already is a repetition after a crash, and as good.
    """
    target, draft = directory / name, directory / _DRAFTS / name
    try:
        if not target.exists():
            _write(draft, files)
            draft.rename(target)
        _sync(directory)
    except OSError as error:
        return NotNow(f"{error.filename or directory}: {error.strerror or error}")
    return Filed()


def _write(draft: Path, files: Mapping[str, bytes]) -> None:
    if draft.exists():  # of an attempt that died
        shutil.rmtree(draft)
    draft.parent.mkdir(mode=0o700, exist_ok=True)
    draft.mkdir(mode=0o700)
    for name, content in files.items():
        handle = os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
    _sync(draft)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
