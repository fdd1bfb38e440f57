"""The OCSP answers we hold: asked for when a certificate is first seen, kept until they end, on disk as in memory.

Asked are configured responders, and hosts an administrator allowed; never whom a certificate names by itself.
"""

import asyncio
import json
import logging
import secrets
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mssmail.core.missing import MissingStatus
from mssmail.errors import BadCertificate, BadRevocationList, FetchFault, StoreUnavailable
from mssmail.flows.fetch import Limits, post
from mssmail.flows.last_good import LastGood
from mssmail.settings import Trust
from mssmail.trust.ocsp_request import (
    MAX_RESPONSE_BYTES,
    NONCE_BYTES,
    REQUEST_TYPE,
    RESPONSE_TYPE,
    KeptAnswer,
    build_key,
    build_request,
    find_addresses,
    read_response,
)

LIMITS: Final = Limits(MAX_RESPONSE_BYTES, total_seconds=5, step_seconds=4)
MAX_ANSWERS: Final = 4_096
ASK_EVERY: Final = timedelta(seconds=30)  # about one certificate, however many messages bring it
_AT_A_TIME: Final = 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """One certificate on its way to its responders."""

    missing: MissingStatus
    key: str
    addresses: tuple[str, ...]


class StatusAnswers:
    """The answers in use, by issuer and serial. ``on_news`` hears of each before anybody who waits for it goes on."""

    def __init__(
        self, settings: Trust, disk: LastGood, on_news: Callable[[KeptAnswer], None] = lambda _kept: None
    ) -> None:
        self._settings = settings
        self._disk = disk
        self._on_news = on_news
        self._open: dict[str, asyncio.Task[KeptAnswer | None]] = {}
        self._hosts = frozenset(host.lower() for host in settings.ocsp_hosts)
        self._asked: dict[str, datetime] = {}
        self._turns = asyncio.Semaphore(_AT_A_TIME)
        self.kept: dict[str, KeptAnswer] = {}
        self.faults: dict[str, str] = {}  # address → what was wrong the last time

    @property
    def is_configured(self) -> bool:
        """There is somebody to ask."""
        return bool(self._settings.ocsp_urls or self._hosts)

    @property
    def raws(self) -> tuple[bytes, ...]:
        """The octets, for a snapshot."""
        return tuple(kept.raw for kept in self.kept.values())

    def load(self, now: datetime) -> None:
        """Begin with what the disk holds; what has ended is removed, unless it tells of a revocation."""
        for key, text in self._disk.load_answers().items():
            try:
                note = json.loads(text)
                certificate, issuer, raw = (bytes.fromhex(note[name]) for name in ("certificate", "issuer", "response"))
                missing = MissingStatus("", certificate, issuer)
                kept = read_response(raw, missing, None, now, allow_sha1=self._settings.allow_sha1)
            except (ValueError, KeyError, TypeError, BadCertificate, BadRevocationList) as fault:
                _log.info("a kept OCSP answer is not used any more: %s", fault)
                self._disk.drop_answer(key)
            else:
                self.kept[kept.key] = kept

    def has_all(self, missing: Iterable[MissingStatus], now: datetime) -> bool:
        """Each of these certificates has an answer in force."""
        return bool(self.kept) and all(self._has(build_key(each), now) for each in missing)

    async def ask(self, missing: Sequence[MissingStatus], context: ssl.SSLContext, now: datetime) -> list[KeptAnswer]:
        """Ask about each of these certificates, unless that was done a moment ago; the answers that are new.

        Whoever misses a status that is being asked for waits for the same answer, which is new only to the first.
        """
        shared: list[asyncio.Task[KeptAnswer | None]] = []
        own: list[asyncio.Task[KeptAnswer | None]] = []
        for each in missing:
            question = self._plan(each, now)
            if question is not None and question.key in self._open:
                shared.append(self._open[question.key])
            elif question is not None and question.key not in self._asked:
                own.append(self._begin(question, context, now))
        if own or shared:
            await asyncio.wait([*own, *shared])  # they go on when nobody waits any more
        return [kept for task in own if (kept := task.result()) is not None]

    async def settle(self) -> None:
        """Wait until everything asked is answered and kept."""
        while self._open:
            await asyncio.wait(self._open.values())

    async def stop(self) -> None:
        """Ask no more."""
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)

    def _begin(self, question: _Question, context: ssl.SSLContext, now: datetime) -> "asyncio.Task[KeptAnswer | None]":
        self._asked[question.key] = now
        task = asyncio.create_task(self._ask_one(question, context, now))
        self._open[question.key] = task
        task.add_done_callback(lambda _done: self._open.pop(question.key, None))
        return task

    def _has(self, key: str, now: datetime) -> bool:
        kept = self.kept.get(key)
        return kept is not None and (kept.is_revoked or kept.valid_until >= now)

    def _plan(self, missing: MissingStatus, now: datetime) -> _Question | None:
        try:
            key = build_key(missing)
        except BadCertificate:
            return None
        self._asked = {known: at for known, at in self._asked.items() if now - at < ASK_EVERY}
        addresses = find_addresses(missing, self._settings.ocsp_urls, self._hosts)
        if not addresses:
            return None
        return _Question(missing, key, addresses)

    async def _ask_one(self, question: _Question, context: ssl.SSLContext, now: datetime) -> KeptAnswer | None:
        async with self._turns:
            for address in question.addresses:
                try:
                    kept = await self._fetch(address, question.missing, context, now)
                except (FetchFault, BadRevocationList, BadCertificate) as fault:
                    self._complain(address, str(fault))
                else:
                    self.faults.pop(address, None)
                    self._use(kept)
                    self._on_news(kept)
                    await self._keep(kept, question.missing)
                    return kept
        return None

    async def _fetch(self, address: str, missing: MissingStatus, context: ssl.SSLContext, now: datetime) -> KeptAnswer:
        nonce = secrets.token_bytes(NONCE_BYTES)
        request = build_request(missing, nonce)
        raw = await post(address, request, (REQUEST_TYPE, RESPONSE_TYPE), context, LIMITS)
        return read_response(raw, missing, nonce, now, allow_sha1=self._settings.allow_sha1)

    def _use(self, kept: KeptAnswer) -> None:
        before = self.kept.pop(kept.key, None)
        # An old answer served again must not free anybody.
        self.kept[kept.key] = before if before is not None and before.this_update > kept.this_update else kept
        while len(self.kept) > MAX_ANSWERS:
            oldest = min(self.kept.values(), key=lambda each: (each.is_revoked, each.valid_until))
            del self.kept[oldest.key]
            self._disk.drop_answer(oldest.key)

    async def _keep(self, kept: KeptAnswer, missing: MissingStatus) -> None:
        note = {
            "certificate": missing.certificate.hex(),
            "issuer": missing.issuer_certificate.hex(),
            "response": kept.raw.hex(),
        }
        try:
            await asyncio.to_thread(self._disk.keep_answer, kept.key, json.dumps(note).encode("ascii"))
        except StoreUnavailable:  # used all the same
            _log.exception("the OCSP answer about %s is in use but not on disk", kept.subject)

    def _complain(self, address: str, fault: str) -> None:
        if self.faults.get(address) != fault:
            _log.warning("OCSP responder %s: %s", address, fault)
        self.faults[address] = fault
