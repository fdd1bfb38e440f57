"""What the machines watch: Prometheus text from samples that are taken when asked, never counted twice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure. ``is_counter``: it only grows; its name then ends in ``_total`` on the page."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    is_counter: bool = False


@dataclass(frozen=True, slots=True)
class Histogram:
    """How figures are spread. ``buckets``: (upper bound, how many up to it), the last ``+Inf``."""

    name: str
    help: str
    buckets: tuple[tuple[str, float], ...]
    total: float
    labels: tuple[tuple[str, str], ...] = ()


Figure = Sample | Histogram
Sampler = Callable[[], Iterable[Figure]]
_Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class _Collector:
    """Adapts a sampler to the library's collector protocol."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def collect(self) -> Iterator[Metric]:
        """Families with their samples, in order of first appearance."""
        families: dict[str, _Family] = {}
        for figure in self._sampler():
            family = families.get(figure.name)
            if family is None:
                family = families[figure.name] = _build_family(figure)
            values = [value for _, value in figure.labels]
            if isinstance(figure, Histogram) and isinstance(family, HistogramMetricFamily):
                family.add_metric(values, list(figure.buckets), figure.total)
            elif isinstance(figure, Sample) and not isinstance(family, HistogramMetricFamily):
                family.add_metric(values, figure.value)
            else:
                raise TypeError(f"{figure.name} is a histogram and something else")
        yield from families.values()


def _build_family(figure: Figure) -> _Family:
    name, labels = f"mssmail_{figure.name}", [key for key, _ in figure.labels]
    if isinstance(figure, Histogram):
        return HistogramMetricFamily(name, figure.help, labels=labels)
    return (CounterMetricFamily if figure.is_counter else GaugeMetricFamily)(name, figure.help, labels=labels)


def encode_metrics(sampler: Sampler) -> bytes:
    """The page ``/metrics`` answers (Prometheus text format 0.0.4)."""
    registry = CollectorRegistry()
    registry.register(_Collector(sampler))
    return generate_latest(registry)
