"""News about messages taken long ago: a signer that was revoked before they came.

The verdict at reception stays what it was; a dated second line stands beside it. Every new revocation list and OCSP
answer is compared with the signers of the messages we keep, off the loop; those held at a start are compared again, so
that what a crash interrupted is made up for.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from mssmail.core.clock import Clock
from mssmail.core.verdict import Verdict
from mssmail.journal import Entry, Event
from mssmail.store.engine import Connection, Store
from mssmail.store.journal import append_entries
from mssmail.store.signers import REVOKED, News, add_news, find_affected, list_signers
from mssmail.trust.crl import Crl
from mssmail.trust.later import Revoked, SignerKey, find_revoked, identify_issuer
from mssmail.trust.ocsp_request import KeptAnswer
from mssmail.trust.snapshot import TrustSnapshot, TrustStore

_log = logging.getLogger(__name__)

AT_A_TIME: Final = 200
"""Messages told of in one transaction."""

_Look = Callable[[Sequence[SignerKey]], list[Revoked]]


def find_signer_key(verdict: Verdict | None) -> SignerKey | None:
    """Who signed, as it is kept with the message: by this key news of it are found."""
    signer = None if verdict is None else verdict.signer
    return None if signer is None else (identify_issuer(signer.issuer), signer.serial)


class LaterNews:
    """Hears of new trust data; one comparison at a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._seen: set[tuple[object, ...]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self.told = 0  # messages told of since the start, for metrics

    async def take_snapshot(self, _snapshot: TrustSnapshot, trust: TrustStore) -> None:
        """A new snapshot: compare the lists in it that were not compared yet. Nobody waits for that."""
        fresh = [crl for crl in trust.revocation.iterate_lists() if _identify(crl) not in self._seen]
        self._seen = {_identify(crl) for crl in trust.revocation.iterate_lists()}
        if fresh:
            self._begin(lambda signers: [found for crl in fresh for found in find_revoked(crl, signers)])

    def take_answer(self, answer: KeptAnswer) -> None:
        """An OCSP answer that joined the snapshot."""
        revoked = answer.revoked
        if revoked is not None:
            self._begin(lambda signers: [revoked] if (revoked.issuer_key, revoked.serial) in signers else [])

    async def settle(self) -> None:
        """Wait until everything heard of so far is compared."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Compare no more; the next start makes up for it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, look: _Look) -> None:
        task = asyncio.create_task(self._compare(look))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, look: _Look) -> None:
        try:
            async with self._turn:
                signers = await asyncio.wrap_future(self._store.read(list_signers))
                for revoked in await asyncio.to_thread(look, signers):
                    await self._tell(revoked)
        except Exception:  # whatever it is: the next list tells it again
            _log.exception("messages of revoked signers could not be looked up")

    async def _tell(self, revoked: Revoked) -> None:
        while True:
            told = await asyncio.wrap_future(self._store.submit(lambda conn: self._write(conn, revoked)))
            self.told += told
            if told < AT_A_TIME:
                return

    def _write(self, conn: Connection, revoked: Revoked) -> int:
        now = self._clock()
        affected = find_affected(conn, revoked.issuer_key, revoked.serial, revoked.since, AT_A_TIME)
        for message in affected:
            facts: dict[str, object] = {
                "what": "the signer was revoked before reception",
                "since": revoked.since.isoformat(),
                "received_at": message.received_at.isoformat(),
                "reason": revoked.reason,
                "serial": f"{revoked.serial:X}",
                "by": revoked.source,
            }
            add_news(conn, message.message_id, News(now, REVOKED, facts))
            append_entries(conn, (Entry(now, Event.LATER_NEWS, message.trace_id, facts),))
            _log.warning(
                "a message came from a signer that was revoked at that time: %s", revoked.source,
                extra={"id": message.trace_id, "since": revoked.since.isoformat()},
            )  # fmt: skip
        return len(affected)


def _identify(crl: Crl) -> tuple[object, ...]:
    return crl.issuer, crl.this_update, crl.number, crl.is_delta, crl.crl.signature
