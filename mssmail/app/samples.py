"""What the operator's machines watch, taken from the parts when asked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mssmail.app.delivery_samples import sample_deliveries
from mssmail.app.standing import list_standings
from mssmail.app.watchman import Watchman
from mssmail.core.clock import Clock
from mssmail.core.queue import QueueState
from mssmail.errors import Fault
from mssmail.flows.figures import Figures
from mssmail.flows.intake import Spent
from mssmail.flows.products import Products
from mssmail.flows.refresh import TrustKeeper
from mssmail.flows.shadows import Shadows
from mssmail.policy.freshness import Freshness
from mssmail.store.engine import Store
from mssmail.store.filings import count_filings
from mssmail.store.queue import count_items, find_oldest
from mssmail.web.metrics import Figure, Sample
from mssmail.web.server import Health
from mssmail.workers.pool import Pool

_READ_SECONDS = 10


@dataclass(frozen=True)
class Gauges:
    """The parts that are looked at. Called from threads: nothing here touches the loop."""

    store: Store
    trust: TrustKeeper
    pool: Pool
    spent: Spent
    products: Products
    clock: Clock
    watchman: Watchman
    deliveries: Figures = field(default_factory=Figures)
    shadows: Sequence[Shadows] = ()

    def sample(self) -> Iterator[Figure]:
        """Every figure of ``/metrics``."""
        yield from sample_deliveries(self.deliveries)
        yield from self._sample_messages()
        yield from self._sample_store()
        yield from self._sample_trust(self.clock())
        for rule, number in sorted(sum((each.passed for each in self.shadows), Counter[str]()).items()):
            text = "What rules in shadow would have refused since the start."
            yield Sample("would_refuse", text, number, (("rule", rule),), is_counter=True)
        yield Sample("workers", "Worker processes that examine messages.", len(self.pool.pids))
        yield Sample("messages_examining", "Messages being examined or waiting for it.", self.pool.examining)

    def check(self) -> Health:
        """Whether mail flows, for ``/healthz``."""
        faults: list[str] = []
        if self.trust.freshness(self.clock()) is Freshness.STALE:
            faults.append("there is no white list that is fresh enough: mail from peers waits")
        if not self.pool.pids:
            faults.append("no worker is running: messages cannot be examined")
        try:
            self._measure()
        except (Fault, TimeoutError) as fault:
            faults.append(f"the store does not answer: {fault}")
        return Health(tuple(faults))

    def _measure(self) -> tuple[dict[QueueState, int], datetime | None]:
        return self.store.read(lambda conn: (count_items(conn), find_oldest(conn))).result(_READ_SECONDS)

    def _sample_messages(self) -> Iterator[Sample]:
        yield Sample("messages_accepted", "Messages answered 250.", self.spent.messages, is_counter=True)
        yield Sample("octets_accepted", "Their octets.", self.spent.octets, is_counter=True)
        stages = (
            ("receive", self.spent.receive_seconds),
            ("examine", self.spent.examine_seconds),
            ("commit", self.spent.commit_seconds),
        )
        for stage, seconds in stages:
            labels = (("stage", stage),)
            yield Sample("stage_seconds", "Time messages spent in each stage.", seconds, labels, is_counter=True)

        for each in self.products:
            told = (("product", each.product), ("direction", each.direction))
            of_all = "Messages by the product they declare (X-MSS-NIL)."
            yield Sample("product_messages", of_all, each.messages, told, is_counter=True)
            of_odd = "Of these, whose X-MSS fields contradicted their documents."
            yield Sample("product_inconsistent", of_odd, each.inconsistent, told, is_counter=True)

    def _sample_store(self) -> Iterator[Sample]:
        writer = self.store.writer_stats
        yield Sample("commits", "Transactions committed.", writer.batches, is_counter=True)
        yield Sample("operations", "Operations in them.", writer.operations, is_counter=True)
        yield Sample("commit_seconds", "Time spent in COMMIT.", writer.seconds_in_commit, is_counter=True)
        counts, oldest = self._measure()
        for state, number in counts.items():
            yield Sample("queue_items", "Recipients in the queue, by state.", number, (("state", state.value),))
        for (connector, standing), number in self.store.read(count_filings).result(_READ_SECONDS).items():
            told = (("connector", connector), ("state", standing.value))
            yield Sample("filings", "Deliveries to connectors that are owed, by state.", number, told)
        age = (self.clock() - oldest).total_seconds() if oldest else 0.0
        yield Sample("queue_oldest_seconds", "Age of the oldest item that waits.", age)

    def _sample_trust(self, now: datetime) -> Iterator[Sample]:
        white_list = self.trust.white_list
        if white_list is not None:
            yield Sample("white_list_domains", "Domains of the white list in use.", len(white_list.domains))
            age = (now - white_list.generated_at).total_seconds()
            yield Sample("white_list_age_seconds", "Time since it was generated.", age)
        fresh = self.trust.freshness(now)
        for state in Freshness:
            yield Sample("white_list_state", "1 for the state it is in.", state is fresh, (("state", state.value),))
        yield from self._sample_certificates(now)
        yield Sample("trust_generation", "Counts every change of trust data.", self.trust.snapshot.generation)

    def _sample_certificates(self, now: datetime) -> Iterator[Sample]:
        watchman = self.watchman
        for standing in list_standings(watchman.settings, watchman.hold(), watchman.list_peers(), now):
            labels = (("kind", standing.kind), ("name", standing.name), ("id", standing.id))
            yield Sample("certificate_usable", "0: the file cannot be used.", not standing.fault, labels)
            if standing.days_left is not None:
                text = "Days until it ends: own, anchors, lists, signer of the white list, peers seen."
                yield Sample("certificate_days_left", text, standing.days_left, labels)
        for kind, number in sorted(watchman.raised.items()):
            yield Sample("alarms", "Alarms raised since the start.", number, (("kind", kind),), is_counter=True)
