"""The second step: documents are read by a worker of their own, with a budget of its own.

Whatever happens there, the message goes on: a reading that fails or takes too long is an answer, UNREAD.
"""

import asyncio
import logging
from datetime import datetime
from typing import Final

from mssmail.core.findings import UNREAD, Findings
from mssmail.errors import WorkerDeath, WorkerFault
from mssmail.workers.pool import Pool
from mssmail.workers.reader import ReadingSnapshot

_log = logging.getLogger(__name__)

_PATIENCE: Final = 3
"""Deadlines a message waits in all: its own, and those of hostile ones before it."""


class Readers:
    """One reading worker, replaced when it dies."""

    def __init__(
        self,
        deadline_seconds: float,
        memory_megabytes: int,
        snapshot: ReadingSnapshot,
        *,
        examiner: str = "mssmail.workers.reader:build_read",
    ) -> None:
        self._pool = Pool(1, deadline_seconds, memory_megabytes, "", examiner=examiner)
        self._snapshot = snapshot
        self._patience_seconds = _PATIENCE * deadline_seconds

    @property
    def pids(self) -> tuple[int, ...]:
        """The process that reads, for logs and tests; empty while it is being replaced."""
        return self._pool.pids

    async def start(self) -> None:
        """Raises WorkerFault when the worker cannot be started."""
        await self._pool.start(self._snapshot)

    async def stop(self) -> None:
        """End the worker."""
        await self._pool.stop()

    async def read(self, data: bytes, at: datetime) -> Findings:
        """What the message's documents call for; UNREAD when it took too long. Raises WorkerDeath of a reader's end."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                return (await self._pool.examine(data, at, verify=False)).findings
        except WorkerDeath:
            raise
        except (WorkerFault, TimeoutError) as fault:
            _log.warning("documents could not be read: %s", fault or "it took too long")
            return UNREAD
