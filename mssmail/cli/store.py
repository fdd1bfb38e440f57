"""How commands reach the store: beside a running server, every change journaled in its own transaction."""

from collections.abc import Callable
from typing import TypeVar

from mssmail.core.clock import read_clock
from mssmail.journal import Entry, Event
from mssmail.settings import Settings
from mssmail.store.engine import Connection, open_store
from mssmail.store.journal import append_entries

T = TypeVar("T")


def ask_store(settings: Settings, question: Callable[[Connection], T]) -> T:
    """What a reading operation answers."""
    store = open_store(settings.server.store, exclusive=False)
    try:
        return store.read(question).result()
    finally:
        store.close()


def change_store(settings: Settings, act: str, work: Callable[[Connection], T], **facts: object) -> T:
    """Do the work and journal the administrator's act in one transaction. What answers False changed nothing."""
    now = read_clock()

    def run(conn: Connection) -> T:
        done = work(conn)
        if done is not False:
            append_entries(conn, [Entry(now, Event.ADMIN, "", {"act": act, **facts})])
        return done

    store = open_store(settings.server.store, exclusive=False)
    try:
        return store.submit(run).result()
    finally:
        store.close()
