"""Failed sign-ins of the last while, by the address they came from, and who has signed in from there before."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from mssmail.core.endpoint import find_network

MAX_ADDRESSES: Final = 10_000
COUNTED_FOR_EACH: Final = 5
"""Of one account's failures, so many count against its address: a forgotten phone must not lock a hospital out."""


@dataclass(slots=True)
class _Address:
    since: datetime
    failed: dict[str, int] = field(default_factory=dict)


class Failures:
    """One for the whole process, kept in memory; the oldest is forgotten when there are too many."""

    def __init__(self, window_seconds: int) -> None:
        self._window = timedelta(seconds=window_seconds)
        self._addresses: dict[str, _Address] = {}
        self._known: dict[tuple[str, str], None] = {}

    def count_account(self, address: str, user: str, now: datetime) -> int:
        """Failures on this account from this address."""
        found = self._find(address, now)
        return 0 if found is None else found.failed.get(user, 0)

    def count_address(self, address: str, now: datetime) -> int:
        """Failures from this address on all accounts, of each at most COUNTED_FOR_EACH."""
        found = self._find(address, now)
        return 0 if found is None else sum(min(number, COUNTED_FOR_EACH) for number in found.failed.values())

    def is_known(self, address: str, user: str) -> bool:
        """This account has been signed in to from there before."""
        return (find_network(address), user) in self._known

    def note_failure(self, address: str, user: str, now: datetime) -> None:
        """One more."""
        found = self._find(address, now)
        if found is None:
            _make_room(self._addresses)
            found = self._addresses[find_network(address)] = _Address(now)
        if user in found.failed or len(found.failed) < MAX_ADDRESSES:
            found.failed[user] = found.failed.get(user, 0) + 1

    def note_success(self, address: str, user: str) -> None:
        """The right password: what was mistyped before is forgiven."""
        network = find_network(address)
        self._known.pop((network, user), None)
        _make_room(self._known)
        self._known[network, user] = None
        if network in self._addresses:
            self._addresses[network].failed.pop(user, None)

    def _find(self, address: str, now: datetime) -> _Address | None:
        network = find_network(address)
        found = self._addresses.get(network)
        if found is not None and now - found.since >= self._window:
            del self._addresses[network]
            return None
        return found


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= MAX_ADDRESSES:
        kept.pop(next(iter(kept)))
