"""The metrics page is what Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from mssmail.web.metrics import Sample, encode_metrics


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
