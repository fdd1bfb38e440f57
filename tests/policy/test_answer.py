"""Automatic answers: facts → why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mssmail.core.address import Address, parse_address
from mssmail.core.answer import AnswerTimes
from mssmail.policy.answer import AnswerFacts, is_machine, judge_answer

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
ANNE, ALIAS, BEN = (parse_address(text) for text in ("anne@a.test", "team@a.test", "ben@far.test"))
WEEK = AnswerTimes(7)
PLAIN = AnswerFacts(BEN, (ANNE, ALIAS), (BEN, Address("ANNE", "a.test")))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (PLAIN, ""),
        (replace(PLAIN, named=(ALIAS,)), ""),
        (replace(PLAIN, sender=None), "null-sender"),
        (replace(PLAIN, is_automatic=True), "automatic"),
        (replace(PLAIN, is_report=True), "automatic"),
        (replace(PLAIN, is_list=True), "list"),
        (replace(PLAIN, sender=Address("Mailer-Daemon", "far.test")), "machine"),
        (replace(PLAIN, sender=ANNE), "own"),
        (replace(PLAIN, sender=ALIAS), "own"),
        (replace(PLAIN, named=(BEN,)), "not-named"),
        (replace(PLAIN, named=()), "not-named"),
        (replace(PLAIN, last_at=NOW - timedelta(days=7)), ""),
        (replace(PLAIN, last_at=NOW - timedelta(days=6, hours=23)), "answered"),
        (replace(PLAIN, is_patient=True), ""),
        (replace(PLAIN, is_patient=True, last_at=NOW - timedelta(days=700)), "patient-answered"),
    ],
)
def test_nearly_every_rule_says_no(facts: AnswerFacts, why: str) -> None:
    assert judge_answer(facts, WEEK, NOW) == why


@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [(None, None, ""), (0, None, ""), (1, None, "not-now"), (None, 0, "not-now"), (None, 1, ""), (-1, 1, "")],
)
def test_answers_go_out_in_their_time(starts: int | None, ends: int | None, why: str) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + timedelta(hours=hours)

    assert judge_answer(PLAIN, AnswerTimes(7, at(starts), at(ends)), NOW) == why


@pytest.mark.parametrize(
    ("local", "machine"),
    [
        ("MAILER-DAEMON", True),
        ("owner-list", True),
        ("list-request", True),
        ("list-bounces", True),
        ("fwd-1z-aaaaaaaaaaaaaaaa", True),
        ("lst-1z-aaaaaaaaaaaaaaaa", True),
        ("noreply", True),
        ("marie.martin", False),
        ("forward", False),
    ],
)
def test_nobody_reads_what_machines_get(local: str, machine: bool) -> None:
    assert is_machine(Address(local, "far.test")) is machine
