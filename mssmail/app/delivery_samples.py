"""Deliveries as the machines watch them: delay by peer, and what kept mail back. Labels are bounded by ``Figures``."""

from collections.abc import Iterator

from mssmail.flows.figures import BUCKETS, Figures
from mssmail.web.metrics import Histogram, Sample


def sample_deliveries(figures: Figures) -> Iterator[Sample | Histogram]:
    """Every figure; may be called from another thread than the one that counts."""
    for peer, delays in list(figures.delays.items()):
        counts = list(delays.counts)
        cumulative = tuple((str(limit), sum(counts[: place + 1])) for place, limit in enumerate(BUCKETS))
        yield Histogram(
            "delivery_delay_seconds",
            "Time from queued to taken by the peer.",
            (*cumulative, ("+Inf", delays.number)),
            delays.seconds,
            (("peer", peer),),
        )
    for (peer, cause), number in list(figures.refusals.items()):
        labels = (("peer", peer), ("cause", cause))
        yield Sample("deliveries_refused", "Attempts that did not succeed, by cause.", number, labels, is_counter=True)
