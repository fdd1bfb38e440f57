"""What clients may send: facts → answer."""

from datetime import UTC, datetime

import pytest

from mssmail.core.account import Account, AccountKind
from mssmail.core.address import Address, ReversePath
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.decision import Accept, Refuse
from mssmail.core.verdict import (
    ENCRYPTED,
    UNSIGNED,
    Fact,
    Facts,
    Outcome,
    Signer,
    SignerKind,
    Structure,
    Verdict,
)
from mssmail.policy.shadow import SHADOWABLE, settle
from mssmail.policy.submission import (
    Destination,
    Writers,
    judge_author,
    judge_client,
    judge_submission,
    weigh_submission,
)
from mssmail.settings import Domain, SmimeMode

AT = datetime(2026, 6, 1, tzinfo=UTC)
ALICE, BOB = Address("alice", "a.test"), Address("bob", "a.test")


def _account(*, suspended: bool = False) -> Account:
    return Account(1, ALICE, AccountKind.PER, "", (), red_list=False, suspended=suspended, created_at=AT)


@pytest.mark.parametrize(
    ("reverse_path", "account", "answer"),
    [
        (ALICE, _account(), "own-sender"),
        (Address("ALICE", "a.test"), _account(), "own-sender"),
        (None, _account(), "own-sender"),
        (BOB, _account(), "553 5.7.1"),
        (Address("alice", "b.test"), _account(), "553 5.7.1"),
        (ALICE, None, "530 5.7.0"),
        (None, None, "530 5.7.0"),
        (ALICE, _account(suspended=True), "550 5.7.1"),
    ],
)
def test_a_client_sends_as_itself(reverse_path: ReversePath, account: Account | None, answer: str) -> None:
    decision = judge_client(reverse_path, account)
    said = decision.rule if isinstance(decision, Accept) else str(decision.reply)
    assert said.startswith(answer)


@pytest.mark.parametrize(
    ("authors", "senders", "answer"),
    [
        ((ALICE,), (), "own-author"),
        ((ALICE,), (ALICE,), "own-author"),
        ((ALICE,), (ALICE, ALICE), "own-author"),
        ((Address("Alice", "a.test"),), (), "own-author"),
        ((), (), "550 5.6.0"),
        ((), (ALICE,), "550 5.6.0"),
        ((), None, "550 5.6.0"),
        ((ALICE,), None, "550 5.6.0"),
        ((BOB,), (), "550 5.7.1"),
        ((ALICE, BOB), (), "550 5.7.1"),
        ((ALICE,), (BOB,), "550 5.7.1"),
        ((ALICE,), (ALICE, BOB), "550 5.7.1"),
        ((BOB,), (ALICE,), "550 5.7.1"),
    ],
)
def test_a_client_writes_as_itself(
    authors: tuple[Address, ...], senders: tuple[Address, ...] | None, answer: str
) -> None:
    decision = judge_author(Writers(authors, senders), ALICE)
    said = decision.rule if isinstance(decision, Accept) else str(decision.reply)
    assert said.startswith(answer)


TEAM, WARD = Address("team", "a.test"), Address("ward", "a.test")


@pytest.mark.parametrize(
    ("authors", "senders", "answer"),
    [
        ((TEAM,), (), "delegated-author"),
        ((Address("Team", "a.test"),), (), "delegated-author"),
        ((TEAM,), (ALICE,), "delegated-author"),
        ((ALICE,), (TEAM,), "own-author"),
        ((TEAM, ALICE), (), "550 5.7.1 From names 2 authors"),
        (
            (BOB,),
            (),
            "550 5.7.1 The message is said to be from bob@a.test; you may write as alice@a.test or team@a.test",
        ),
        ((TEAM,), (BOB,), "550 5.7.1 The message is said to be from bob@a.test"),
    ],
)
def test_a_client_writes_for_a_box_that_lets_it(
    authors: tuple[Address, ...], senders: tuple[Address, ...], answer: str
) -> None:
    decision = judge_author(Writers(authors, senders), ALICE, (TEAM,))
    assert (decision.rule if isinstance(decision, Accept) else str(decision.reply)).startswith(answer)


def test_a_refusal_names_three_of_many_identities() -> None:
    decision = judge_author(Writers((BOB,)), ALICE, (TEAM, WARD, Address("x", "a.test"), Address("y", "a.test")))
    assert isinstance(decision, Refuse)
    assert str(decision.reply).endswith("alice@a.test or team@a.test or ward@a.test and 2 more")


def test_a_broken_from_is_told_in_words() -> None:
    decision = judge_author(Writers((ALICE,), (), "there is more than one From field"), ALICE)
    assert isinstance(decision, Refuse)
    assert str(decision.reply) == "550 5.6.0 From must name one valid address: there is more than one From field"
    decision = judge_author(Writers(()), ALICE)
    assert isinstance(decision, Refuse)
    assert str(decision.reply).endswith("there is no From field")


def test_mail_from_may_be_a_box_that_lets_it() -> None:
    assert judge_client(TEAM, _account(), (TEAM,)) == Accept("delegated-sender")
    assert isinstance(judge_client(BOB, _account(), (TEAM,)), Refuse)
    assert isinstance(judge_client(TEAM, _account(suspended=True), (TEAM,)), Refuse)


def _verdict(**outcomes: Outcome) -> Verdict:
    names = ("integrity", "chain", "dates", "revocation", "usage", "author")
    facts = {name: Fact(outcomes.get(name, Outcome.PASSED), f"{name} reason") for name in names}
    signer = Signer("CN=A", "CN=CA", 1, (str(ALICE),), SignerKind.PERSONAL, "00", AT)
    return Verdict(Structure.SIGNED, Facts(**facts), signer)


TRUSTED = _verdict()
ALTERED = _verdict(integrity=Outcome.FAILED)
UNTRUSTED = _verdict(chain=Outcome.FAILED)
UNDETERMINED = _verdict(revocation=Outcome.UNKNOWN)
REQUIRE, VERIFY, OFF = (Domain("a.test", mode) for mode in (SmimeMode.REQUIRE, SmimeMode.VERIFY, SmimeMode.OFF))
OPEN = Domain("a.test", SmimeMode.REQUIRE, accept_encrypted=True)


@pytest.mark.parametrize(
    ("verdict", "domains", "wants_signature", "answer"),
    [
        (TRUSTED, (), True, "trusted"),
        (TRUSTED, (REQUIRE,), False, "trusted"),
        (ALTERED, (), True, "550 5.7.7"),
        (ALTERED, (), False, "550 5.7.7"),
        (ALTERED, (OFF,), False, "550 5.7.7"),
        (UNTRUSTED, (), True, "550 5.7.1"),
        (UNTRUSTED, (), False, "not-asked"),
        (UNTRUSTED, (VERIFY,), False, "not-asked"),
        (UNTRUSTED, (VERIFY, REQUIRE), False, "550 5.7.1"),
        (UNTRUSTED, (OFF,), True, "550 5.7.1"),
        (UNDETERMINED, (), True, "left-to-peers"),
        (UNDETERMINED, (OFF,), True, "left-to-peers"),
        (UNDETERMINED, (VERIFY,), False, "451 4.7.5"),
        (UNDETERMINED, (REQUIRE,), True, "451 4.7.5"),
        (UNSIGNED, (), True, "550 5.7.1"),
        (UNSIGNED, (), False, "not-asked"),
        (UNSIGNED, (VERIFY,), False, "not-asked"),
        (UNSIGNED, (REQUIRE,), False, "550 5.7.1"),
        (ENCRYPTED, (), False, "not-asked"),
        (ENCRYPTED, (VERIFY,), False, "not-asked"),
        (ENCRYPTED, (REQUIRE,), False, "550 5.7.1"),
        (ENCRYPTED, (OPEN,), False, "not-asked"),
        (ENCRYPTED, (OPEN, REQUIRE), False, "550 5.7.1"),
    ],
)
def test_what_every_peer_would_refuse_is_refused_here(
    verdict: Verdict, domains: tuple[Domain, ...], *, wants_signature: bool, answer: str
) -> None:
    decision = judge_submission(verdict, Destination(domains, wants_signature))
    said = str(decision.reply) if isinstance(decision, Refuse) else decision.rule
    assert said.startswith(answer)


@pytest.mark.parametrize(("is_receipt", "rule"), [(True, "receipt"), (False, "unsigned")])
def test_a_receipt_of_a_person_may_go_unsigned(*, is_receipt: bool, rule: str) -> None:
    destination = Destination((Domain("b.test"),), wants_signature=True, is_receipt=is_receipt)
    assert judge_submission(UNSIGNED, destination).rule == rule


def test_what_peers_find_odd_is_refused_before_the_signature_is_asked_and_each_rule_may_be_in_shadow() -> None:
    odd = [Notice(each, each.value) for each in (Oddity.SENDER_DIFFERS, Oddity.NAME_IMITATES, Oddity.NAME_HIDES)]
    series = list(weigh_submission(UNSIGNED, Destination((), wants_signature=True), odd))
    assert settle(series).decision.rule == "display-name-imitates"
    assert settle(series, frozenset({"display-name-imitates"})).decision.rule == "display-name-hides"
    settled = settle(series, SHADOWABLE)
    assert [each.rule for each in settled.passed] == ["display-name-imitates", "display-name-hides", "unsigned"]
    assert settled.decision.rule == "not-asked"


def test_who_writes_as_whom_is_never_in_shadow() -> None:
    bound = {"not-signed-in", "account-suspended", "sender-not-own", "author-not-own", "no-author"}
    assert not bound & SHADOWABLE
