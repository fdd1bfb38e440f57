"""How the stranger waits for what happens in an operator's queue."""

import time
from collections.abc import Callable

from mssmail.core.queue import QueueItem
from mssmail.lab.check.stage import Stage
from mssmail.lab.strangers import find_stranger
from mssmail.store.engine import open_store
from mssmail.store.queue import list_items

_PATIENCE_SECONDS = 40.0


def address_at(label: str, name: str = "testeur") -> str:
    """An address of the stranger with this label."""
    return f"{name}@{find_stranger(label).domain}"


def wait_for(found: Callable[[], str], seconds: float = _PATIENCE_SECONDS) -> str:
    """What ``found`` answers as soon as it says something, or that nothing happened."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if words := found():
            return words
        time.sleep(0.1)
    return "nothing happened"


def find_item(stage: Stage, author: str, recipient: str) -> QueueItem | None:
    """The newest item for this recipient in the queue of the author's operator."""
    store = open_store(stage.operator_of(author).path / "store", exclusive=False)
    try:
        items = [each for each in store.read(list_items).result() if str(each.recipient) == recipient]
    finally:
        store.close()
    return items[-1] if items else None


def find_reason(stage: Stage, author: str, recipient: str) -> str:
    """Why the newest item for this recipient waits, once it was tried; empty before, and when there is none."""
    item = find_item(stage, author, recipient)
    if item is None or (item.last_error == "" and item.last_reply is None):
        return ""
    return f"kept back: {item.last_error or item.last_reply}"
