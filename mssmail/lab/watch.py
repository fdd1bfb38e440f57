"""Shows the lab's mail as it passes, read from the operators' journals."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from mssmail.journal import Entry, Event
from mssmail.lab.layout import Lab, LabOperator
from mssmail.store.engine import Store, open_store
from mssmail.store.journal import KeptEntry, read_entries

_POLL_SECONDS = 0.5
_MAX_RECIPIENTS = 3
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
    Event.SIGN_IN_FAILED,
    Event.FETCHED,
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
    """``12:00:01 nord  received   a@x.test → b@y.test, 4 kB, signature trusted  [id]``: what a person wants to see.

    Everything that was weighed is in the journal: ``mssmail explain ID`` tells it.
    """
    entry = kept.entry
    line = f"{entry.at:%H:%M:%S} {operator:<5} {entry.event.value:<16} {_describe_facts(entry)}  [{entry.trace_id}]"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def _describe_facts(entry: Entry) -> str:
    facts = entry.facts
    match entry.event:
        case Event.RECEIVED | Event.SUBMITTED:
            size, verdict = _encode_size(facts.get("octets")), facts.get("verdict", "none")
            told = f"{_describe_way(facts)}, {size}, signature {verdict}"
        case Event.REFUSED:
            told = f"{_describe_way(facts)}: {facts.get('reply', facts.get('rule', ''))}"
        case Event.DELIVERED:
            told = f"into {facts.get('account', '')}"
        case Event.FETCHED:
            told = f"by {facts.get('account', '')}"
        case Event.RELAYED | Event.DEFERRED | Event.BOUNCED:
            answer = facts.get("reply") or facts.get("reason") or facts.get("error") or ""
            told = f"to {facts.get('recipient', '')}: {answer}"
        case Event.SIGNED_IN | Event.SIGN_IN_FAILED:
            told = f"{facts.get('account', facts.get('user', ''))} from {facts.get('peer', '')}"
        case Event.HANDSHAKE_FAILED:
            told = f"from {facts.get('peer', '')}: {facts.get('cause', '')}"
        case _:
            told = " ".join(f"{key}={value}" for key, value in facts.items() if value not in {None, ""})
    return told


def _describe_way(facts: Mapping[str, object]) -> str:
    """Who writes to whom, as far as the dialogue got."""
    to = facts.get("to", ())
    recipients = [to] if isinstance(to, str) else list(to) if isinstance(to, list | tuple) else []
    ends = (str(facts.get("from") or "?"), ", ".join(map(str, recipients[:_MAX_RECIPIENTS])) or "?")
    more = len(recipients) - _MAX_RECIPIENTS
    return " → ".join(ends) + (f" and {more} more" if more > 0 else "")


def _encode_size(octets: object) -> str:
    if not isinstance(octets, int):
        return "size unknown"
    return f"{octets / 1_000_000:.1f} MB" if octets >= 1_000_000 else f"{octets / 1_000:.1f} kB"


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
