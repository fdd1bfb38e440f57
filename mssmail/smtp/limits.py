"""How much the world may ask of us at a time: connections, and octets of messages in flight."""

from collections import Counter

from mssmail.core.endpoint import find_network


class ConnectionLimits:
    """Counts connections, all and by address. An IPv6 host owns a /64, so that is what counts as its address."""

    def __init__(self, max_total: int, max_per_address: int) -> None:
        self._max_total, self._max_per_address = max_total, max_per_address
        self._by_address: Counter[str] = Counter()
        self.total = 0

    def try_enter(self, address: str) -> bool:
        """Count one more and say True, or say False; who entered must ``leave``."""
        key = find_network(address)
        if self.total >= self._max_total or self._by_address[key] >= self._max_per_address:
            return False
        self.total += 1
        self._by_address[key] += 1
        return True

    def leave(self, address: str) -> None:
        """The connection is over."""
        key = find_network(address)
        self.total -= 1
        self._by_address[key] -= 1
        if not self._by_address[key]:
            del self._by_address[key]


class InflightLimit:
    """Octets of messages between their first octet and their reply."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.used = 0

    def has_room(self, count: int) -> bool:
        """So many more would fit now."""
        return self.used + count <= self._max_bytes

    def reserve(self, count: int) -> bool:
        """Take room and say True, or say False."""
        if not self.has_room(count):
            return False
        self.used += count
        return True

    def release(self, count: int) -> None:
        """Give room back."""
        self.used -= count
