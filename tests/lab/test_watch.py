"""What passes is told once, in one printable line."""

from pathlib import Path

from mssmail.journal import Entry, Event
from mssmail.lab.layout import LabOperator, plan_ports
from mssmail.lab.watch import JournalReader
from mssmail.store.engine import open_store
from mssmail.store.journal import append_entries
from tests.support.pki import NOW


def test_new_entries_are_told_once_and_cannot_fool_a_terminal(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", create=True)
    operator = LabOperator("nord", ("a.test",), "CN=x", plan_ports(20_000), str(tmp_path))
    old, new = (Entry(NOW, Event.RECEIVED, name, {"sender": "a\x1b[31m@b.test", "none": ""}) for name in ("one", "two"))
    store.submit(lambda conn: append_entries(conn, (old,))).result()
    reader = JournalReader(operator)
    store.submit(lambda conn: append_entries(conn, (new, Entry(NOW, Event.FETCHED, "three")))).result()
    (line,) = list(reader.read_new())
    assert "two" in line
    assert "received" in line
    assert "\x1b" not in line
    assert list(reader.read_new()) == []
    reader.close()
    store.close()
