"""A bounded memory of what was expensive to find out; the least recently used goes first."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """A dictionary of at most ``size`` entries. Safe between threads in that a race only costs a miss."""

    __slots__ = ("_entries", "_size")

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError("a cache holds at least one entry")
        self._entries: dict[K, V] = {}
        self._size = size

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: K) -> V | None:
        """The value kept under the key, now the most recently used."""
        value = self._entries.pop(key, None)
        if value is not None:
            self._entries[key] = value
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def keep(self, key: K, value: V) -> V:
        """Keep the value, at the price of the least recently used; answers the value."""
        self._entries.pop(key, None)
        self._entries[key] = value
        while len(self._entries) > self._size:
            self._entries.pop(next(iter(self._entries)), None)
        return value
