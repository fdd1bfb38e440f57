"""What passes is told once, in one printable line."""

from pathlib import Path

import pytest

from mssmail.journal import Entry, Event
from mssmail.lab.layout import LabOperator, plan_ports
from mssmail.lab.watch import JournalReader, describe_entry
from mssmail.store.journal import KeptEntry, append_entries
from tests.support.pki import NOW
from tests.support.store import make_store


def test_new_entries_are_told_once_and_cannot_fool_a_terminal(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    operator = LabOperator("nord", ("a.test",), "CN=x", plan_ports(20_000), str(tmp_path))
    old, new = (Entry(NOW, Event.RECEIVED, name, {"from": "a\x1b[31m@b.test", "none": ""}) for name in ("one", "two"))
    store.submit(lambda conn: append_entries(conn, (old,))).result()
    reader = JournalReader(operator)
    store.submit(lambda conn: append_entries(conn, (new, Entry(NOW, Event.ADMIN, "three")))).result()
    (line,) = list(reader.read_new())
    assert "two" in line
    assert "received" in line
    assert "\x1b" not in line
    assert list(reader.read_new()) == []
    reader.close()
    store.close()


@pytest.mark.parametrize(
    ("event", "facts", "told"),
    [
        (
            Event.RECEIVED,
            {"from": "<a@x.test>", "to": ["b@y.test"], "octets": 4_400, "verdict": "trusted", "sha256": "00"},
            "<a@x.test> → b@y.test, 4.4 kB, signature trusted",
        ),
        (Event.SUBMITTED, {"from": "", "to": list("abcde"), "octets": 9_300_000}, "? → a, b, c and 2 more, 9.3 MB, "),
        (Event.REFUSED, {"from": "<a@x.test>", "reply": "550 5.7.1 No", "rule": "no"}, "<a@x.test> → ?: 550 5.7.1 No"),
        (Event.REFUSED, {"from": "a@x.test", "to": "b@y.test", "reply": "550 No"}, "a@x.test → b@y.test: 550 No"),
        (Event.DELIVERED, {"account": "b@y.test"}, "into b@y.test"),
        (Event.FETCHED, {"account": "b@y.test"}, "by b@y.test"),
        (Event.RELAYED, {"recipient": "b@y.test", "reply": "250 2.0.0 id", "tls": ""}, "to b@y.test: 250 2.0.0 id"),
        (Event.DEFERRED, {"recipient": "b@y.test", "reply": None, "reason": "no answer"}, "to b@y.test: no answer"),
        (Event.SIGNED_IN, {"account": "b@y.test", "peer": "127.0.0.1", "port": 4}, "b@y.test from 127.0.0.1"),
        (Event.HANDSHAKE_FAILED, {"peer": "127.0.0.1", "cause": "expired"}, "from 127.0.0.1: expired"),
        (Event.TRUST_CHANGED, {"what": "crl", "number": 7, "none": None}, "what=crl number=7"),
    ],
)  # fmt: skip
def test_a_person_reads_what_matters_and_the_id(event: Event, facts: dict[str, object], told: str) -> None:
    line = describe_entry("nord", KeptEntry(1, Entry(NOW, event, "0mwq", facts)))
    assert line.startswith(f"{NOW:%H:%M:%S} nord  {event.value}")
    assert told in line
    assert line.endswith("  [0mwq]")
    assert "sha256" not in line
