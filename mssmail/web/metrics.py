"""What the machines watch: Prometheus text from samples that are taken when asked, never counted twice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure. ``is_counter``: it only grows; its name then ends in ``_total`` on the page."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    is_counter: bool = False


Sampler = Callable[[], Iterable[Sample]]


class _Collector:
    """Adapts a sampler to the library's collector protocol."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def collect(self) -> Iterator[Metric]:
        """Families with their samples, in order of first appearance."""
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._sampler():
            family = families.get(sample.name)
            if family is None:
                make = CounterMetricFamily if sample.is_counter else GaugeMetricFamily
                family = make(f"mssmail_{sample.name}", sample.help, labels=[key for key, _ in sample.labels])
                families[sample.name] = family
            family.add_metric([value for _, value in sample.labels], sample.value)
        yield from families.values()


def encode_metrics(sampler: Sampler) -> bytes:
    """The page ``/metrics`` answers (Prometheus text format 0.0.4)."""
    registry = CollectorRegistry()
    registry.register(_Collector(sampler))
    return generate_latest(registry)
