"""Shows the lab's mail as it passes, read from the operators' journals."""

import asyncio
from collections.abc import Callable, Iterator

from mssmail.journal import Event
from mssmail.lab.layout import Lab, LabOperator
from mssmail.store.engine import Store, open_store
from mssmail.store.journal import KeptEntry, read_entries

_POLL_SECONDS = 0.5
_SHOWN = {
    Event.RECEIVED,
    Event.SUBMITTED,
    Event.REFUSED,
    Event.DELIVERED,
    Event.RELAYED,
    Event.DEFERRED,
    Event.BOUNCED,
    Event.HANDSHAKE_FAILED,
    Event.SIGNED_IN,
}


class JournalReader:
    """One operator's journal from now on."""

    def __init__(self, operator: LabOperator) -> None:
        self._name = operator.name
        self._store: Store = open_store(operator.path / "store", exclusive=False)
        self._last = max((kept.id for kept in self._read_all(0)), default=0)

    def read_new(self) -> Iterator[str]:
        """Lines for the entries written since the last call."""
        for kept in self._read_all(self._last):
            self._last = kept.id
            if kept.entry.event in _SHOWN:
                yield describe_entry(self._name, kept)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _read_all(self, after: int) -> Iterator[KeptEntry]:
        while True:
            page = self._store.read(lambda conn, after=after: read_entries(conn, after_id=after)).result()  # type: ignore[misc]
            yield from page
            if not page:
                return
            after = page[-1].id


def describe_entry(operator: str, kept: KeptEntry) -> str:
    """``12:00:01 nord  delivered  id  sender=… recipient=…``."""
    entry = kept.entry
    facts = " ".join(f"{key}={value}" for key, value in entry.facts.items() if value not in {None, ""})
    line = f"{entry.at:%H:%M:%S} {operator:<6} {entry.event.value:<16} {entry.trace_id} {facts}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


async def show_mail(lab: Lab, tell: Callable[[str], None]) -> None:
    """Tell a line for each thing that happens, until cancelled."""
    readers = [JournalReader(operator) for operator in lab.operators]
    try:
        while True:
            for reader in readers:
                for line in await asyncio.to_thread(lambda each=reader: list(each.read_new())):  # type: ignore[misc]
                    tell(line)
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        for reader in readers:
            reader.close()
