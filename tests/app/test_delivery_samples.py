"""Delays are told as a histogram, refusals by cause."""

from mssmail.app.delivery_samples import sample_deliveries
from mssmail.flows.figures import Figures
from mssmail.web.metrics import Histogram, Sample


def test_what_was_counted_is_told() -> None:
    figures = Figures()
    figures.note_delivery("a.test", 0.2)
    figures.note_delivery("a.test", 20)
    figures.note_delivery("a.test", 1_000_000)
    figures.note_refusal("b.test", "peer-unreachable")
    histogram, refused = sample_deliveries(figures)
    assert isinstance(histogram, Histogram)
    assert isinstance(refused, Sample)
    assert dict(histogram.buckets) | {"sum": histogram.total} == {
        **{"1": 1, "5": 1, "30": 2, "60": 2, "300": 2, "1800": 2, "7200": 2, "43200": 2, "172800": 2},
        "+Inf": 3,
        "sum": 1_000_020.2,
    }
    assert (refused.labels, refused.value) == ((("peer", "b.test"), ("cause", "peer-unreachable")), 1)
