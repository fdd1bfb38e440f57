"""The metrics page is what Prometheus reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mssmail.web.metrics import Histogram, Sample, encode_metrics


def test_samples_of_one_name_make_one_family() -> None:
    samples = [
        Sample("messages", "Messages by outcome.", 3, (("outcome", "received"),), is_counter=True),
        Sample("messages", "Messages by outcome.", 1, (("outcome", "refused"),), is_counter=True),
        Sample("queue_depth", "Items waiting.", 7),
    ]
    families = {
        family.name: family for family in text_string_to_metric_families(encode_metrics(lambda: samples).decode())
    }
    assert [(s.labels["outcome"], s.value) for s in families["mssmail_messages"].samples] == [
        ("received", 3.0),
        ("refused", 1.0),
    ]
    assert families["mssmail_messages"].type == "counter"
    assert families["mssmail_queue_depth"].samples[0].value == 7.0


def test_a_histogram_has_buckets_count_and_sum() -> None:
    figure = Histogram("delay", "How long.", (("1", 2), ("+Inf", 3)), 12.5, (("peer", "a.test"),))
    (family,) = text_string_to_metric_families(encode_metrics(lambda: [figure]).decode())
    assert family.type == "histogram"
    found = {(each.name.removeprefix("mssmail_delay_"), each.labels.get("le")): each.value for each in family.samples}
    assert found == {("bucket", "1"): 2, ("bucket", "+Inf"): 3, ("count", None): 3, ("sum", None): 12.5}


def test_one_name_is_one_kind() -> None:
    with pytest.raises(TypeError, match="histogram and something else"):
        encode_metrics(lambda: [Sample("delay", "", 1), Histogram("delay", "", (("+Inf", 1),), 1)])
