"""Where the shared sample data lies, when it is there at all: the suite is complete without it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_shared(*parts: str) -> Path | None:
    """The shared file or folder, or None."""
    place = Path(os.environ.get("MSSMAIL_SHARED", ROOT.parent / "shared")).joinpath(*parts)
    return place if place.exists() else None


def shared_file(*parts: str) -> Path:
    """The shared file or folder; the calling test is skipped when it is absent."""
    place = find_shared(*parts)
    if place is None:
        pytest.skip(f"shared sample data is not here: {'/'.join(parts)}")
    return place
