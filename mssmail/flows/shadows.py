"""Rules in shadow at work: what they would have refused is logged, journaled and counted; the answer is another's."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from mssmail.core.clock import Clock
from mssmail.core.decision import Decision
from mssmail.core.envelope import Envelope
from mssmail.flows.evidence import describe_envelope
from mssmail.journal import Entry, Event
from mssmail.policy.shadow import settle
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries

_log = logging.getLogger(__name__)


class Shadows:
    """``passed`` counts what each rule would have refused since the start."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.passed: Counter[str] = Counter()

    def settle(
        self,
        series: Iterable[Decision | None],
        rules: frozenset[str],
        trace_id: str,
        describe: Callable[[], Mapping[str, object]],
    ) -> Decision:
        """The answer of a series (see ``policy.shadow``); what was passed over is told under the id. Nobody waits.

        ``describe`` gives the facts to be told with it; it is asked only then, which is hardly ever.
        """
        settled = settle(series, rules)
        for refusal in settled.passed:
            self.passed[refusal.rule] += 1
            _log.info("would refuse: %s", refusal.reply, extra={"id": trace_id, "rule": refusal.rule})
        if settled.passed:
            facts = describe()
            told = [{**facts, "rule": each.rule, "reply": str(each.reply)} for each in settled.passed]
            entries = [Entry(self._clock(), Event.WOULD_REFUSE, trace_id, each) for each in told]
            self._store.submit(lambda conn: append_entries(conn, entries)).add_done_callback(_tell)
        return settled.decision

    def settle_message(self, series: Iterable[Decision | None], rules: frozenset[str], envelope: Envelope) -> Decision:
        """The same of a whole message; its envelope is told with what was passed over."""
        return self.settle(series, rules, envelope.id, lambda: describe_envelope(envelope))


def _tell(future: "Future[None]") -> None:
    if (error := future.exception()) is not None:
        _log.error("what a rule in shadow would refuse is not in the journal", exc_info=error)
