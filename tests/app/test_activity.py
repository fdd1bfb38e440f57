"""A month's figures agree with the journal, whoever counts."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from mssmail.app.activity import MAX_NAMES, Activity, Delays, Names, encode_activity
from mssmail.core.account import AccountKind
from mssmail.core.findings import DocumentFacts, Findings, Mark, MssFields
from mssmail.flows.documents import describe_findings
from mssmail.journal import Entry, Event
from mssmail.store.activity import count_accounts, pass_over
from mssmail.store.engine import Store
from mssmail.store.journal import append_entries, read_entries

_START, _END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


def _make_facts(dice: random.Random, event: Event) -> dict[str, object]:  # noqa: PLR0911 - one line an event
    mark = dice.choice(list(Mark))
    findings = Findings(
        mark,
        documents=(DocumentFacts("cda", "a", mark, fileable=True, type_code=dice.choice(["11502-2", "34112-3"])),),
        declared=MssFields(nil=dice.choice(["DEV1", "DEV2", ""])),
        inconsistencies=("so",) if dice.random() < 0.2 else (),
    )
    operator = dice.choice(["CN=a", "CN=b"])
    match event:
        case Event.RECEIVED:
            verdict = dice.choice(["trusted", "unsigned"])
            return {"subject": operator, "verdict": verdict} | describe_findings(findings)
        case Event.SUBMITTED:
            return describe_findings(findings) if dice.random() < 0.5 else {}
        case Event.RELAYED:
            return {"peer": operator, "seconds": round(dice.lognormvariate(0, 2), 3)}
        case Event.FILED:
            return {"seconds": dice.random()}
        case Event.SIGNED_IN:
            return {"account": dice.choice(["a@a.test", "b@a.test"])}
        case Event.REFUSED | Event.BOUNCED:
            return {"rule": dice.choice(["altered", "unsigned-message"])}
    return {}


def _fill(store: Store, count: int = 3_000) -> None:
    dice = random.Random(7)
    events = [each for each in Event if each is not Event.LATER_NEWS]
    entries = []
    for number in range(count):
        at = _START - timedelta(days=3) + timedelta(days=37) * number / count + timedelta(seconds=dice.uniform(-5, 5))
        event = dice.choice(events)
        entries.append(Entry(at, event, f"t{number}", _make_facts(dice, event)))
    store.submit(lambda conn: append_entries(conn, entries)).result()


def _read_all(store: Store) -> list[Entry]:
    kept = store.read(lambda conn: read_entries(conn, limit=100_000)).result()
    return [each.entry for each in kept if _START <= each.entry.at < _END]


def _report(store: Store) -> dict[str, object]:
    activity = Activity()
    pass_over(store, _START, _END, activity.add)
    accounts = store.read(lambda conn: count_accounts(conn, _END)).result()
    return encode_activity(activity, accounts, _START, _END)


def test_the_figures_are_those_of_the_journal(store: Store) -> None:
    _fill(store)
    told, entries = _report(store), _read_all(store)
    of = {event: [entry.facts for entry in entries if entry.event is event] for event in Event}
    counted = {event.value: len(found) for event, found in of.items() if found and event is not Event.FETCHED}
    assert told["events"] == counted
    peers = Counter(facts["subject"] for facts in of[Event.RECEIVED])
    sent = Counter(facts["peer"] for facts in of[Event.RELAYED])
    assert {row["operator"]: (row["received"], row["sent"]) for row in told["operators"]} == {  # type: ignore[attr-defined]
        name: (peers[name], sent[name]) for name in ("CN=a", "CN=b")
    }
    for direction, event in (("received", Event.RECEIVED), ("sent", Event.SUBMITTED)):
        products = Counter(facts.get("x_mss", {}).get("nil", "none") for facts in of[event])  # type: ignore[attr-defined]
        assert {row["product"]: row[direction] for row in told["products"]} == products  # type: ignore[attr-defined]
    odd = [facts for event in (Event.RECEIVED, Event.SUBMITTED) for facts in of[event] if "x_mss_inconsistent" in facts]
    assert sum(row["inconsistent"] for row in told["products"]) == len(odd)  # type: ignore[attr-defined]
    signed_in = Counter(facts["account"] for facts in of[Event.SIGNED_IN])
    assert {row["account"]: row["connections"] for row in told["connections"]} == signed_in  # type: ignore[attr-defined]
    refused = Counter(facts["rule"] for facts in of[Event.REFUSED])
    assert {row["rule"]: row["count"] for row in told["refusals"]} == refused  # type: ignore[attr-defined]
    types = [
        each
        for event in (Event.RECEIVED, Event.SUBMITTED)
        for facts in of[event]
        for each in [text.split() for text in facts.get("types", ())]  # type: ignore[attr-defined]
    ]
    for row in told["documents"]:  # type: ignore[attr-defined]
        marks = Counter(mark for kind, mark in types if kind == row["type"])
        assert row["documents"] == marks.total()
        assert all(row.get(mark, 0) == number for mark, number in marks.items())
    assessed = [mark for _, mark in types if mark not in {"none", "rejected"}]
    calling = [mark for mark in assessed if mark in {"critical", "abnormal"}]
    assert told["abnormal_share"] == round(len(calling) / len(assessed), 4)


def test_percentiles_are_right_to_a_hundredth(store: Store) -> None:
    _fill(store)
    told = _report(store)["delays_seconds"]["relayed"]  # type: ignore[index]
    seconds = sorted(entry.facts["seconds"] for entry in _read_all(store) if entry.event is Event.RELAYED)  # type: ignore[type-var]
    assert told["count"] == len(seconds)
    assert told["max"] == seconds[-1]
    for percent in (50, 90, 99):
        exact = seconds[-(-len(seconds) * percent // 100) - 1]
        assert told[f"p{percent}"] == pytest.approx(exact, rel=0.011, abs=0.002)


def test_an_empty_month_has_empty_figures(store: Store) -> None:
    told = _report(store)
    assert (told["events"], told["documents"], told["abnormal_share"]) == ({}, [], None)
    assert told["delays_seconds"]["filed"] == {"count": 0, "p50": 0.0, "p90": 0.0, "p99": 0.0, "max": 0.0}  # type: ignore[index]


def test_strangers_names_are_bounded_in_number_and_length() -> None:
    names = Names()
    for number in range(MAX_NAMES + 5):
        names.add(f"{number}{'x' * 1_000}")
    assert len(names.counts) == MAX_NAMES + 1
    assert names.counts["other"] == 5
    assert max(map(len, names.counts)) <= 200


def test_odd_facts_are_passed_over() -> None:
    activity = Activity()
    for facts in ({}, {"x_mss": 7, "types": "odd"}):
        activity.add("received", json.dumps(facts))
    activity.add("relayed", json.dumps({"seconds": "soon"}))
    activity.add("fetched", "no JSON: not looked at")
    assert activity.received_by_product.counts == {"none": 2}
    assert activity.relay_delays.count == 0


@pytest.mark.parametrize("seconds", [0.0, 0.0004, 1.0, 3_600.0, 1e12])
def test_any_duration_is_counted(seconds: float) -> None:
    delays = Delays()
    delays.add(seconds)
    assert delays.find_percentile(50) <= delays.longest == seconds


def test_accounts_are_counted_by_kind() -> None:
    told = encode_activity(Activity(), {AccountKind.PER.value: 2, AccountKind.APP.value: 1}, _START, _END)
    assert told["accounts"] == {"APP": 1, "PER": 2}
