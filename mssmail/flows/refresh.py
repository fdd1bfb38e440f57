"""Keep trust data fresh: the white list, the CRLs, the certificates on disk; answer with the best we have.

The list in use changes in one step, after its octets are on disk. What cannot be fetched or believed changes nothing:
the last good data stays, its age is told, and ``policy.freshness`` decides when it is too old to be used.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mssmail.core.clock import Clock, read_clock
from mssmail.core.missing import MissingStatus, name_issuers
from mssmail.core.trace import build_id
from mssmail.core.whitelist import WhiteList
from mssmail.errors import Fault
from mssmail.flows.authorities import Authorities
from mssmail.flows.last_good import LastGood
from mssmail.flows.list_keeper import ListKeeper
from mssmail.flows.revocation_lists import RevocationLists
from mssmail.flows.status_answers import StatusAnswers
from mssmail.journal import Entry, Event
from mssmail.policy.freshness import Freshness, judge_freshness
from mssmail.settings import Trust
from mssmail.trust.ocsp_request import KeptAnswer
from mssmail.trust.signature_policy import SignaturePolicy
from mssmail.trust.snapshot import TrustSnapshot, TrustStore, build_trust_store

Recorder = Callable[[Entry], Awaitable[None]]
Subscriber = Callable[[TrustSnapshot, TrustStore], Awaitable[None]]
Listener = Callable[[KeptAnswer], None]

START_SECONDS: Final = 10.0  # a start with nothing on disk waits so long for a first answer
WATCH_SECONDS: Final = 10.0  # how often confirmations and ages are looked at
FIRST_RETRY_SECONDS: Final = 30.0
MISSING_EVERY: Final = timedelta(seconds=30)  # strangers' messages cause no more fetches than this
JITTER: Final = 0.1

_log = logging.getLogger(__name__)


def plan_pause(failures: int, period_seconds: float, chance: float) -> float:
    """Seconds until the next fetch: the period, sooner after failures, each time later; ``chance`` is from [0, 1).

    The jitter keeps the operators of a trust space from asking all in the same second.
    """
    pause = period_seconds if failures == 0 else min(period_seconds, FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 20))
    return pause * (1 - JITTER + 2 * JITTER * chance)


class TrustKeeper:
    """Whom we believe, now. ``snapshot``, ``store`` and ``white_list`` may be read at any time after ``start``."""

    def __init__(
        self,
        settings: Trust,
        store_directory: Path,
        record: Recorder,
        *,
        clock: Clock = read_clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._record = record
        self._clock = clock
        self._pause = pause
        self._disk = LastGood(store_directory / "trust")
        self._subscribers: list[Subscriber] = []
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._changing = asyncio.Lock()
        self._missing_asked_at: datetime | None = None
        self._asking: asyncio.Task[bool] | None = None
        self._questions: set[asyncio.Task[bool]] = set()
        self._learned = 0  # OCSP answers taken since the start
        self._authorities = Authorities(settings)
        self._told = Freshness.FRESH
        policy = SignaturePolicy(settings.min_rsa_bits, settings.allow_sha1, settings.revocation)
        self.snapshot = TrustSnapshot(0, (), policy=policy)
        self.store: TrustStore = build_trust_store(self.snapshot)
        self.crls = RevocationLists(settings.crl_urls, self._disk)
        self.answers = StatusAnswers(settings, self._disk, self._take_answer)
        self.lists = ListKeeper(settings, self._disk)

    @property
    def certificates_fault(self) -> str:
        """Why anchors, intermediates or the bundle for HTTPS cannot be read; empty when they can."""
        return self._authorities.fault

    @property
    def white_list(self) -> WhiteList | None:
        """The list in use, however old; None when there never was one."""
        return self.lists.white_list

    def freshness(self, now: datetime) -> Freshness:
        """How the list in use stands; no list is stale."""
        generated_at = None if self.white_list is None else self.white_list.generated_at
        return judge_freshness(
            generated_at, now, self._settings.white_list_ageing_days, self._settings.white_list_stale_days
        )

    def subscribe(self, callback: Subscriber) -> None:
        """Call back with every new snapshot and its store; whoever waits for a change waits for this too."""
        self._subscribers.append(callback)

    def subscribe_answers(self, callback: Listener) -> None:
        """Call back with each OCSP answer that joins the snapshot in use."""
        self._listeners.append(callback)

    async def start(self) -> None:
        """Begin with what the disk holds, then refresh in the background; raises BadCertificate for bad anchors.

        With no list or no CRL on disk it waits a little for the first answers, so that a first start can serve at once.
        """
        now = self._clock()
        await self._authorities.load()
        await asyncio.to_thread(self.crls.load, self._authorities.list_certificates(), now)
        await asyncio.to_thread(self.answers.load, now)
        await self._publish_changes()
        await self.lists.load(self.snapshot, now)
        first = asyncio.create_task(self._refresh_all())
        wants_list = self.lists.is_configured and self.white_list is None
        if wants_list or (self._settings.crl_urls and not self.crls.kept):
            await asyncio.wait({first}, timeout=START_SECONDS)
        self._tell_age(self._clock())
        self._tasks = [
            first,
            asyncio.create_task(self._repeat(self.refresh_list, self._settings.white_list_refresh_seconds)),
            asyncio.create_task(self._repeat(self.refresh_crls, self._settings.crl_refresh_seconds)),
            asyncio.create_task(self._watch()),
        ]

    async def stop(self) -> None:
        """Stop refreshing; what is in use stays readable."""
        tasks: list[asyncio.Task[None] | asyncio.Task[bool]] = [*self._tasks]
        if self._asking is not None:
            tasks.append(self._asking)
        tasks += self._questions
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.answers.stop()
        self._tasks, self._asking = [], None

    async def refresh_list(self, *, force: bool = False) -> bool:
        """Fetch the list once; True when the source answered well. ``force`` adopts an older or shrunken one."""
        async with self._changing:
            before = self.white_list
            is_good = await self._refresh_list(force=force)
            if not is_good and self.lists.missing:
                # Only the status of its signer is missing to believe it: ask for that and judge the list again.
                await self._refresh_crls()
                if self.answers.is_configured:
                    await self._learn(self.lists.missing)
                is_good = await self._refresh_list(force=force)
            await self._tell_list(before)
            return is_good

    async def _refresh_list(self, *, force: bool) -> bool:
        return await self.lists.refresh(self.snapshot, self._authorities.build_context(), self._clock(), force=force)

    async def refresh_crls(self) -> bool:
        """Fetch every CRL once, read anchors and intermediates again; True when nothing went wrong."""
        async with self._changing:
            await self._refresh_crls()
            return not self.crls.faults and not self.certificates_fault

    @property
    def version(self) -> int:
        """Grows with everything that may change a verdict; see ``TrustSource``."""
        return self.snapshot.generation + self._learned

    async def fetch_missing(self, missing: tuple[MissingStatus, ...], timeout_seconds: float) -> bool:
        """Ask for what an examination missed; True when the trust changed, so that judging again may help.

        Lists come from configured addresses only, and not more often than every 30 s, however many messages want them;
        responders are asked about each certificate as ``flows.status_answers`` says.
        """
        before = self.version
        tasks = {task for task in (self._ask_lists(missing), self._ask_responders(missing)) if task is not None}
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while tasks and not (self.version != before and self.answers.has_all(missing, self._clock())):
            left = deadline - asyncio.get_running_loop().time()
            done, tasks = await asyncio.wait(tasks, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break  # they go on when nobody waits any more
        return self.version != before

    def _ask_lists(self, missing: tuple[MissingStatus, ...]) -> asyncio.Task[bool] | None:
        now = self._clock()
        if not missing or not self._settings.crl_urls:
            return None
        if self._asking is None or self._asking.done():
            if self._missing_asked_at is not None and now - self._missing_asked_at < MISSING_EVERY:
                return None
            _log.info("asking for the revocation lists of %s", ", ".join(name_issuers(missing)))
            self._missing_asked_at = now
            self._asking = asyncio.create_task(self._survive(self.refresh_crls))
        return self._asking

    def _ask_responders(self, missing: tuple[MissingStatus, ...]) -> asyncio.Task[bool] | None:
        if not missing or not self.answers.is_configured:
            return None
        task = asyncio.create_task(self._survive(lambda: self._learn(missing)))
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)
        return task

    async def _learn(self, missing: tuple[MissingStatus, ...]) -> bool:
        """Take new OCSP answers into the snapshot in use; True when there were some."""
        news = await self.answers.ask(missing, self._authorities.build_context(), self._clock())
        for kept in news:
            await self._tell(_describe_answer(kept))
        return bool(news)

    def _take_answer(self, kept: KeptAnswer) -> None:
        # The same generation: one certificate more is no reason for anybody to read all lists again.
        self.store.add_responses((kept.raw,))
        self.snapshot = self.store.snapshot
        for listener in self._listeners:
            listener(kept)
        self._learned += 1

    async def confirm_held(self) -> bool:
        """Adopt the list that waits, if an administrator confirmed it; True when one was adopted."""
        async with self._changing:
            before = self.white_list
            is_adopted = await self.lists.adopt_confirmed(self.snapshot, self._clock())
            await self._tell_list(before)
            return is_adopted

    async def reload_changed(self) -> bool:
        """Read anchors and intermediates again when a file of theirs has changed; True when nothing is wrong."""
        if not await self._authorities.has_changed():
            return True
        async with self._changing:
            await self._authorities.reload()
            await self._publish_changes()
        return not self.certificates_fault

    async def _refresh_all(self) -> None:
        await self._survive(self.refresh_crls)
        await self._survive(self.refresh_list)

    async def _repeat(self, act: Callable[[], Awaitable[bool]], period_seconds: float) -> None:
        failures = 0
        while True:
            await self._pause(plan_pause(failures, period_seconds, random.random()))  # noqa: S311 - no secret
            failures = 0 if await self._survive(act) else failures + 1

    async def _watch(self) -> None:
        while True:
            await self._pause(WATCH_SECONDS)
            await self._survive(self.confirm_held)
            await self._survive(self.reload_changed)
            self._tell_age(self._clock())

    async def _survive(self, act: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await act()
        except Exception:  # a mistake of ours in one round must not end all later ones
            _log.exception("trust data could not be refreshed")
            return False

    async def _refresh_crls(self) -> None:
        await self._authorities.reload()
        certificates, context = self._authorities.list_certificates(), self._authorities.build_context()
        news = await self.crls.refresh(certificates, context, self._clock())
        await self._publish_changes()
        for crl in news:
            facts: dict[str, object] = {
                "what": "crl",
                "issuer": crl.issuer,
                "number": crl.number,
                "this_update": crl.this_update.isoformat(),
                "next_update": crl.next_update.isoformat(),
            }
            await self._tell(facts)

    async def _publish_changes(self) -> None:
        """A new generation, when anything of it changed; whoever was interrupted in here is made up for next time."""
        before, anchors, intermediates = self.snapshot, self._authorities.anchors, self._authorities.intermediates
        snapshot = replace(before, anchors=anchors, intermediates=intermediates, crls=self.crls.raws)
        if snapshot == before:
            return
        snapshot = replace(snapshot, generation=before.generation + 1, responses=self.answers.raws)
        store = await asyncio.to_thread(_build_warm_store, snapshot)
        store.add_responses(self.answers.raws)  # what was learnt meanwhile
        self.snapshot = snapshot = store.snapshot
        self.store = store
        for fault in store.faults:
            _log.warning("trust data left out: %s", fault)
        for subscriber in self._subscribers:
            try:
                await subscriber(snapshot, store)
            except Fault:
                _log.exception("a subscriber did not take the new trust data")

        if before.generation and (before.anchors, before.intermediates) != (anchors, intermediates):
            facts = {"anchors": len(anchors), "intermediates": len(intermediates)}
            await self._tell({"what": "certificates", **facts})

    async def _tell_list(self, before: WhiteList | None) -> None:
        if self.white_list is not before and self.white_list is not None:
            _log.info("white list of %s in use", self.white_list.generated_at.isoformat())
            await self._tell(self.lists.describe_change())

    async def _tell(self, facts: dict[str, object]) -> None:
        try:
            await self._record(Entry(self._clock(), Event.TRUST_CHANGED, build_id(), facts))
        except Fault:  # the change stands; the journal's trouble is told by whoever keeps it
            _log.exception("a change of trust is not in the journal: %s", facts)

    def _tell_age(self, now: datetime) -> None:
        freshness = self.freshness(now)
        if freshness is not self._told and self.lists.is_configured:
            level = logging.INFO if freshness is Freshness.FRESH else logging.WARNING
            _log.log(level, "the white list is %s", freshness.value)
        self._told = freshness


def _describe_answer(kept: KeptAnswer) -> dict[str, object]:
    return {
        "what": "ocsp",
        "certificate": kept.subject,
        "revoked": kept.is_revoked,
        "this_update": kept.this_update.isoformat(),
        "valid_until": kept.valid_until.isoformat(),
    }


def _build_warm_store(snapshot: TrustSnapshot) -> TrustStore:
    """Built in a thread, with the serials of every CRL indexed there and not at somebody's first question."""
    store = build_trust_store(snapshot)
    store.revocation.warm()
    return store
