"""One operator: made from its settings, started from the inside out, stopped from the outside in."""

import asyncio
import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol

from mssmail.app.checks import check_settings, find_unbindable
from mssmail.app.client_setup import find_client_setup
from mssmail.app.samples import Gauges
from mssmail.app.watchman import Watchman
from mssmail.core.clock import Clock, read_clock
from mssmail.core.examination import Index
from mssmail.errors import ConfigError, ListenFault
from mssmail.flows.answers import Answerer
from mssmail.flows.bell import Bells
from mssmail.flows.campaigns import CampaignSender
from mssmail.flows.dispatch import Dispatcher
from mssmail.flows.distribution import Distributor
from mssmail.flows.file_documents import Filer
from mssmail.flows.indexing import Indexer
from mssmail.flows.intake import Intake
from mssmail.flows.later_news import LaterNews
from mssmail.flows.lists import Lister
from mssmail.flows.mailboxes import Mailboxes
from mssmail.flows.outsiders import Outsiders
from mssmail.flows.postmaster import ensure_postmasters
from mssmail.flows.receipts import ReceiptSender
from mssmail.flows.receive import Receiver
from mssmail.flows.refresh import TrustKeeper
from mssmail.flows.removals import Removals
from mssmail.flows.sign_in import SignIn
from mssmail.flows.submit import Submitter
from mssmail.imap.server import ImapListener
from mssmail.journal import Entry
from mssmail.mime.index import build_index
from mssmail.mime.parts import scan
from mssmail.settings import Endpoint, Settings
from mssmail.smtp.listener import Listener, build_relay_listener, build_submission_listener
from mssmail.smtp.tls import ContextSource
from mssmail.store.engine import Store, open_store
from mssmail.store.journal import append_entries
from mssmail.trust.snapshot import TrustSnapshot, TrustStore
from mssmail.web.client_setup import build_setup_site
from mssmail.web.server import HttpListener, build_site
from mssmail.workers.pool import Pool
from mssmail.workers.reader import ReadingSnapshot
from mssmail.workers.readers import Readers

_log = logging.getLogger(__name__)


class _Part(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Operator:
    """``async with Operator(settings)``: every listener answers inside, everything is at rest after."""

    def __init__(self, settings: Settings, clock: Clock = read_clock) -> None:
        self._settings = settings
        self._clock = clock
        self._stack = AsyncExitStack()
        self._listeners: dict[str, Endpoint | None] = {}

    async def __aenter__(self) -> "Operator":
        """Start; raises ConfigError, StoreInUse, ListenFault and kin, and then nothing is left running."""
        for fault in await asyncio.to_thread(check_settings, self._settings):
            raise ConfigError(fault, file=str(self._settings.file or ""))
        try:
            await self._start()
        except (OSError, ListenFault) as error:
            await self._stack.aclose()
            if cause := await asyncio.to_thread(find_unbindable, self._settings):
                raise ListenFault(cause) from error
            raise
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop taking, finish what was taken, close."""
        await self._stack.aclose()

    def describe_listeners(self) -> dict[str, str]:
        """Where the world finds us, for the log; port 0 has become a real one."""
        return {name: str(endpoint) for name, endpoint in self._listeners.items() if endpoint is not None}

    async def _start(self) -> None:
        settings = self._settings
        store = await asyncio.to_thread(open_store, settings.server.store)
        self._stack.push_async_callback(asyncio.to_thread, store.close)
        await ensure_postmasters(store, (domain.name for domain in settings.domain), self._clock())
        trust = self._build_trust(store)
        pool = await self._start_judges(trust)
        await self._follow_news(store, trust)
        await self._enter(Indexer(store))
        await self._enter(Removals(store))
        bells = Bells()
        readers = await self._start_readers()
        intake = Intake(store, pool, trust, bells, self._clock, readers, Distributor(settings))
        dispatcher = Dispatcher(settings, store, trust, pool, bells, clock=self._clock)
        intake.sizes = dispatcher.sizes  # what our client is told by peers, those who submit are told at once
        await self._enter(dispatcher)
        receipts = ReceiptSender(settings, store, pool, trust, bells, dispatcher.wake, clock=self._clock)
        await self._enter(receipts)
        intake.followers.append(receipts.wake)
        filer = Filer(settings, store, receipts.wake, clock=self._clock)
        await self._enter(filer)
        intake.followers.append(filer.wake)
        lister = Lister(settings, store, pool, dispatcher.wake, self._clock)
        await self._enter(lister)
        intake.followers.append(lister.wake)
        answerer = Answerer(settings, store, pool, dispatcher.wake, self._clock)
        await self._enter(answerer)
        intake.watchers.append(answerer.offer)
        sign_in = SignIn(store, self._clock, settings.login)
        await self._start_edges(store, trust, pool, bells, intake, dispatcher, sign_in)

    def _build_trust(self, store: Store) -> TrustKeeper:
        async def record(entry: Entry) -> None:
            await asyncio.wrap_future(store.submit(lambda conn: append_entries(conn, (entry,))))

        return TrustKeeper(self._settings.trust, self._settings.server.store, record, clock=self._clock)

    async def _follow_news(self, store: Store, trust: TrustKeeper) -> None:
        """Compare what revokes with what was taken before; those of the disk first."""
        news = LaterNews(store, self._clock)
        self._stack.push_async_callback(news.stop)
        trust.subscribe(news.take_snapshot)
        trust.subscribe_answers(news.take_answer)
        await news.take_snapshot(trust.snapshot, trust.store)
        for answer in trust.answers.kept.values():
            news.take_answer(answer)

    async def _start_judges(self, trust: TrustKeeper) -> Pool:
        workers = self._settings.workers
        pool = Pool(workers.count, workers.deadline_seconds, workers.memory_megabytes, self._settings.server.name)
        await self._enter(trust)
        await pool.start(trust.snapshot)
        self._stack.push_async_callback(pool.stop)

        async def publish(snapshot: TrustSnapshot, _store: TrustStore) -> None:
            await pool.publish(snapshot)

        trust.subscribe(publish)
        trust.subscribe_answers(lambda answer: pool.add_answers((answer.raw,)))
        await pool.publish(trust.snapshot)  # what changed while the workers were starting
        return pool

    async def _start_readers(self) -> Readers | None:
        documents = self._settings.documents
        if not documents.mark:
            return None
        snapshot = ReadingSnapshot(frozenset(documents.neutral_loinc), documents.test_space)
        readers = Readers(documents.deadline_seconds, documents.memory_megabytes, snapshot)
        await readers.start()
        self._stack.push_async_callback(readers.stop)
        return readers

    async def _start_edges(
        self,
        store: Store,
        trust: TrustKeeper,
        pool: Pool,
        bells: Bells,
        intake: Intake,
        dispatcher: Dispatcher,
        sign_in: SignIn,
    ) -> None:
        settings = self._settings
        mailboxes = Mailboxes(
            store, bells, self._clock, self._scan, sign_in, max_message_bytes=settings.imap.max_literal_bytes
        )
        submitter = Submitter(settings, intake, dispatcher.wake)
        relay = build_relay_listener(settings, intake, Receiver(settings, intake, dispatcher.wake))
        submission = build_submission_listener(settings, intake, submitter, sign_in.sign_in)
        tls = ContextSource(settings.imap.certificate, settings.imap.key)
        imap = ImapListener(settings.imap, settings.login, mailboxes, tls.find_context, settings.hide)
        watchman = Watchman(settings, store, trust, self._clock)
        outsiders = Outsiders(store, bells)
        for part in (relay, submission, imap, CampaignSender(settings, intake, submitter), watchman, outsiders):
            await self._enter(part)
        self._listeners = _name_doors(settings, relay, submission)
        self._listeners |= {"imap": imap.endpoint, "imaps": imap.endpoint_tls}
        if settings.http.listen is not None:
            shadows = (intake.shadows, dispatcher.shadows)
            gauges = Gauges(
                store, trust, pool, intake.spent, intake.products, self._clock, watchman, dispatcher.figures, shadows
            )
            http = HttpListener(settings.http.listen, build_site(gauges.sample, gauges.check))
            await self._enter(http)
            self._listeners["http"] = Endpoint(settings.http.listen.host, http.port)
        if settings.setup.listen is not None:
            await self._serve_setup(settings.setup.listen)

    async def _serve_setup(self, listen: Endpoint) -> None:
        settings = self._settings
        source = ContextSource(settings.setup.certificate, settings.setup.key)
        site = build_setup_site({domain.name for domain in settings.domain}, find_client_setup(settings))
        listener = HttpListener(
            listen, site, (settings.setup.certificate, settings.setup.key), find_context=source.find_context
        )
        await self._enter(listener)
        self._listeners["setup"] = Endpoint(listen.host, listener.port)

    async def _enter(self, part: _Part | None) -> None:
        if part is not None:
            await part.start()
            self._stack.push_async_callback(part.stop)

    def _scan(self, data: bytes) -> Index:
        return build_index(data, scan(data), self._settings.server.name)


def _name_doors(settings: Settings, relay: Listener | None, submission: Listener | None) -> dict[str, Endpoint | None]:
    """The SMTP listeners' addresses under the names people know them by; a listener keeps the order of its doors."""
    doors = (("submission", settings.submission.listen), ("submissions", settings.submission.listen_tls))
    named: dict[str, Endpoint | None] = {}
    if relay is not None:
        named["smtp"] = relay.addresses[0]
    if submission is not None:
        named |= zip((name for name, endpoint in doors if endpoint is not None), submission.addresses, strict=True)
    return named
