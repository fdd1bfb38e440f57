"""Which items are being handed over at this moment, in a file that outlives the process and nothing more.

It tells the next dispatcher which items its predecessor died on. It need not survive the machine: if that dies, no item
is to blame. So nothing is flushed, and a mark costs two microseconds, not a commit.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from struct import iter_unpack, pack

_SLOT = "<q"
_SIZE = 8


class Inflight:
    """``with Inflight(path) as marks``: ``left`` is what the last process was at when it died."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        data = os.pread(self._handle, os.fstat(self._handle).st_size, 0)
        whole = data[: len(data) // _SIZE * _SIZE]
        self.left = frozenset(id for (id,) in iter_unpack(_SLOT, whole) if id)
        os.ftruncate(self._handle, 0)
        self._slots: dict[int, int] = {}
        self._free: list[int] = []

    def enter(self, item_ids: Iterable[int]) -> None:
        """These are being handed over from now on."""
        for id in item_ids:
            slot = self._free.pop() if self._free else len(self._slots)
            self._slots[id] = slot
            os.pwrite(self._handle, pack(_SLOT, id), slot * _SIZE)

    def leave(self, item_ids: Iterable[int]) -> None:
        """These are settled, or will be tried again by their own merit."""
        for id in item_ids:
            slot = self._slots.pop(id, None)
            if slot is not None:
                os.pwrite(self._handle, pack(_SLOT, 0), slot * _SIZE)
                self._free.append(slot)

    def close(self) -> None:
        """Forget everything: this process ends in order. May be called twice."""
        if self._handle >= 0:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = -1
