"""Previews of messages that have none yet: made for who asks, kept for the next time (RFC 8970)."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from mssmail.errors import StoreFault
from mssmail.store.engine import Store
from mssmail.store.previews import keep_previews, make_previews

_log = logging.getLogger(__name__)


class Previews:
    """The previews of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def make(self, message_ids: Sequence[int]) -> Mapping[int, str]:
        """See ``imap.backend.MailStore``. A store that cannot write now must not keep people from reading."""
        made = await asyncio.wrap_future(self._store.read(lambda conn: make_previews(conn, message_ids), costly=True))
        try:
            await asyncio.wrap_future(self._store.submit(lambda conn: keep_previews(conn, made)))
        except StoreFault as fault:
            _log.warning("previews could not be kept: %s", fault)
        return made
