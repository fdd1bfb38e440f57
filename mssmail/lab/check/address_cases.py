"""Addresses in the lab: delegations, aliases, forwarding between three operators, automatic answers."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mssmail.core.address import Address, parse_address
from mssmail.core.answer import AnswerTimes
from mssmail.core.clock import read_clock
from mssmail.lab.check.case import Case
from mssmail.lab.check.cases import CABINET, LABO, NORD, PEER, SUD
from mssmail.lab.check.mail import Letter, build_letter, sign_letter
from mssmail.lab.check.stage import Stage, find_verdict
from mssmail.lab.check.submission import find_messages, find_report, submit_to_many
from mssmail.store.aliases import add_targets, remove_alias
from mssmail.store.answers import clear_answer, set_answer
from mssmail.store.delegations import grant, revoke
from mssmail.store.engine import Connection, open_store
from mssmail.store.forwards import clear_forward, set_forward

T = TypeVar("T")
TEAM = "cardiologie@chu-nord.test"
NOBODY = "personne@chu-nord.test"
_DELIVERED = "delivered, same bytes, smime=pass"


def change(stage: Stage, address: str, work: Callable[[Connection], T]) -> T:
    """Change the store of the operator that holds this address, beside it, as commands do."""
    store = open_store(stage.operator_of(address).path / "store", exclusive=False)
    try:
        return store.submit(work).result()
    finally:
        store.close()


def make_address(domain: str, word: str) -> Address:
    """An address nobody has."""
    return Address(f"{word}-{secrets.token_hex(4)}", domain)


@contextmanager
def hold_alias(stage: Stage, domain: str, *targets: str) -> Iterator[str]:
    """An alias in this domain as long as the block runs."""
    address, to = make_address(domain, "equipe"), [parse_address(each) for each in targets]
    change(stage, str(address), lambda conn: add_targets(conn, address, to, read_clock()))
    try:
        yield str(address)
    finally:
        change(stage, str(address), lambda conn: remove_alias(conn, address))


@contextmanager
def hold_forward(stage: Stage, account: str, target: str) -> Iterator[None]:
    """The account's mail goes on as long as the block runs, and is not kept."""
    address, to = parse_address(account), [parse_address(target)]
    change(stage, account, lambda conn: set_forward(conn, address, to, read_clock(), keeps=False))
    try:
        yield
    finally:
        change(stage, account, lambda conn: clear_forward(conn, address))


def _signed_by_peer(stage: Stage, to: str) -> Letter:
    return sign_letter(build_letter(PEER, to), stage.scenario("signer", "pem"))


def _write_for_the_team(stage: Stage) -> str:
    """Marie signs in as herself and writes for the team; before and after her right she may not."""
    letter = build_letter(TEAM, SUD)
    team, member = parse_address(TEAM), parse_address(NORD)
    refused = stage.submit(letter, TEAM, SUD, login=NORD)
    change(stage, TEAM, lambda conn: grant(conn, team, member, "lrs0", read_clock()))
    try:
        answer = stage.submit(letter, TEAM, SUD, login=NORD)
    finally:
        change(stage, TEAM, lambda conn: revoke(conn, team, member))
    if not answer.startswith("250"):
        return answer
    view = stage.fetch(SUD, letter)
    return f"first {refused[:9]}, then {'nothing' if view is None else find_verdict(view)}"


def _alias_across(stage: Stage) -> str:
    """A stranger writes to an alias of sud; one copy stays there, one goes on to nord."""
    with hold_alias(stage, "chu-sud.test", SUD, NORD) as alias:
        letter = _signed_by_peer(stage, alias)
        answer = stage.send_as_peer(letter, PEER, alias)
        if not answer.startswith("250"):
            return answer
        here, there = stage.describe_arrival(SUD, letter), stage.describe_arrival(NORD, letter)
        view = stage.fetch(NORD, letter) or b""
    is_ours = b"Return-Path: <fwd-" in view and f"Delivered-To: {alias}".encode() in view
    return there if here == there and is_ours else f"here {here}, there {there}, reverse path ours: {is_ours}"


def _forward_across(stage: Stage) -> str:
    with hold_forward(stage, CABINET, NORD):
        letter = _signed_by_peer(stage, CABINET)
        answer = stage.send_as_peer(letter, PEER, CABINET)
        return stage.describe_arrival(NORD, letter) if answer.startswith("250") else answer


def _circle(stage: Stage) -> str:
    """Two accounts at two operators send on to each other and keep nothing: the first keeps it when it comes back."""
    with hold_forward(stage, CABINET, NORD), hold_forward(stage, NORD, CABINET):
        letter = _signed_by_peer(stage, CABINET)
        answer = stage.send_as_peer(letter, PEER, CABINET)
        return stage.describe_arrival(CABINET, letter) if answer.startswith("250") else answer


def _bounce_back(stage: Stage) -> str:
    """Nord's author writes to sud's alias, which leads to nobody at nord: the author hears of it from sud."""
    with hold_alias(stage, "chu-sud.test", NOBODY) as alias:
        letter = build_letter(LABO, alias)
        answer = submit_to_many(stage, letter, LABO, [alias], "ENVID=lab1")
        if not answer.startswith("250"):
            return answer
        report = find_report(stage, LABO, letter, "failed")
    if report is None:
        return "no report came"
    told = f"; {alias}".encode() in report and b"Original-Envelope-Id: lab1" in report
    return f"reported {'as asked' if told else 'without ORCPT or ENVID'}, {find_verdict(report)}"


def _forged_path(stage: Stage) -> str:
    return stage.send_as_peer(_signed_by_peer(stage, SUD), "", "fwd-1-aaaaaaaaaaaaaaaa@chu-sud.test")


def _detail(stage: Stage) -> str:
    to = NORD.replace("@", "+labo@")
    letter = _signed_by_peer(stage, to)
    answer = stage.send_as_peer(letter, PEER, to)
    return stage.describe_arrival(NORD, letter) if answer.startswith("250") else answer


def _answer_once(stage: Stage) -> str:
    """Paul is away; two letters of one author bring one answer, signed by his own key."""
    address = parse_address(SUD)
    change(stage, SUD, lambda conn: set_answer(conn, address, "", "Absent jusqu'au 15.", AnswerTimes(7)))
    try:
        letters = [build_letter(NORD, SUD) for _ in range(2)]
        _await_answering(stage)
        answers = [stage.submit(letter, NORD, SUD) for letter in letters]
        if not all(answer.startswith("250") for answer in answers):
            return str(answers)
        found = [
            find_messages(stage, NORD, "HEADER", "In-Reply-To", f'"{each.message_id}"', seconds=8) for each in letters
        ]
    finally:
        change(stage, SUD, lambda conn: clear_answer(conn, address))
    views = [view for views in found for view in views]
    return f"{len(views)} answer, {find_verdict(views[0])}" if views else "no answer"


def _await_answering(stage: Stage) -> None:
    """The server looks every two seconds who answers; a letter to another box passes meanwhile."""
    for _ in range(5):
        letter = build_letter(NORD, CABINET)
        stage.submit(letter, NORD, CABINET)
        stage.fetch(CABINET, letter)


ADDRESS_CASES = (
    Case("a member writes for the team", "first 553 5.7.1, then smime=pass", _write_for_the_team),
    Case("a stranger's mail by an alias, here and on to another operator", _DELIVERED, _alias_across),
    Case("a stranger's mail sent on by an account", _DELIVERED, _forward_across),
    Case("two accounts that send on to each other", _DELIVERED, _circle),
    Case("a bounce of mail that was sent on reaches its author", "reported as asked, smime=pass", _bounce_back),
    Case("a forged reverse path of ours", "550 5.1.1", _forged_path),
    Case("an address with a detail", _DELIVERED, _detail),
    Case("an automatic answer, once", "1 answer, smime=pass", _answer_once),
)
