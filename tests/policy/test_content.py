from dataclasses import replace
from datetime import datetime

import pytest

from mssmail.core.address import parse_address
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.decision import Refuse
from mssmail.core.names import build_name
from mssmail.core.verdict import ENCRYPTED, UNSIGNED, Fact, Facts, Outcome, Signer, SignerKind, Structure, Verdict
from mssmail.core.whitelist import WhiteList
from mssmail.policy.content import ContentFacts, judge_content, judge_oddity
from mssmail.settings import SmimeMode

REQUIRE, VERIFY, OFF = SmimeMode.REQUIRE, SmimeMode.VERIFY, SmimeMode.OFF
NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
PEER, OTHER_PEER = build_name([[("2.5.4.3", "mx.a.test")]]), build_name([[("2.5.4.3", "mx.b.test")]])
LIST = WhiteList(NOW, "signer", "00", {"a.test": frozenset({PEER}), "b.test": frozenset({OTHER_PEER})}, 2)

YES = Fact(Outcome.PASSED, "fine")
NO = Fact(Outcome.FAILED, "the cause")
OPEN = Fact(Outcome.UNKNOWN, "the doubt")
SIGNER = Signer("CN=Alice", "CN=CA", 1, ("alice@a.test",), SignerKind.PERSONAL, "00", NOW)
TRUSTED = Verdict(Structure.SIGNED, Facts(YES, YES, YES, YES, YES, YES), SIGNER)
UNTRUSTED = replace(TRUSTED, facts=Facts(YES, NO, YES, YES, YES, YES))
ALTERED = replace(TRUSTED, facts=Facts(NO, YES, YES, YES, YES, YES))
UNDETERMINED = replace(TRUSTED, facts=Facts(YES, YES, YES, OPEN, YES, YES))

ALICE, BOB, EVE = parse_address("alice@a.test"), parse_address("bob@b.test"), parse_address("eve@elsewhere.test")


def _facts(verdict: Verdict, *authors: str, **others: object) -> ContentFacts:
    found = tuple(parse_address(author) for author in authors or ("alice@a.test",))
    facts = ContentFacts(verdict, found, ALICE, peer=PEER, white_list=LIST)
    return replace(facts, **others)  # type: ignore[arg-type]


def _report(verdict: Verdict, *authors: str, kind: str = "delivery-status") -> ContentFacts:
    return _facts(verdict, *authors, reverse_path=None, report_type=kind)


@pytest.mark.parametrize(
    ("facts", "mode", "answer"),
    [
        (_facts(TRUSTED), REQUIRE, "trusted"),
        (_facts(TRUSTED), VERIFY, "trusted"),
        (_facts(TRUSTED, "bob@b.test"), REQUIRE, "trusted"),  # forwarded: the signature vouches for Bob
        (_facts(UNSIGNED), REQUIRE, "550 5.7.1 unsigned"),
        (_facts(UNSIGNED), VERIFY, "unsigned"),
        (_facts(UNSIGNED, "bob@b.test"), VERIFY, "550 5.7.1 author-not-listed-for-peer"),
        (_facts(UNSIGNED, "bob@b.test"), REQUIRE, "550 5.7.1 unsigned"),
        (_facts(UNTRUSTED), REQUIRE, "550 5.7.1 untrusted"),
        (_facts(UNTRUSTED), VERIFY, "untrusted"),
        (_facts(UNTRUSTED, "bob@b.test"), VERIFY, "550 5.7.1 author-not-listed-for-peer"),
        (_facts(ENCRYPTED), REQUIRE, "550 5.7.1 encrypted"),
        (_facts(ENCRYPTED), VERIFY, "encrypted"),
        (_facts(ENCRYPTED, "bob@b.test"), VERIFY, "550 5.7.1 author-not-listed-for-peer"),
        (_facts(ALTERED), REQUIRE, "550 5.7.7 altered"),
        (_facts(ALTERED), VERIFY, "550 5.7.7 altered"),
        (_facts(ALTERED, "eve@elsewhere.test"), VERIFY, "550 5.7.7 altered"),
        (_facts(UNDETERMINED), REQUIRE, "451 4.7.5 undetermined"),
        (_facts(UNDETERMINED), VERIFY, "451 4.7.5 undetermined"),
        (_facts(UNDETERMINED, "eve@elsewhere.test"), REQUIRE, "451 4.7.5 undetermined"),
        (_facts(TRUSTED, "eve@elsewhere.test"), REQUIRE, "550 5.7.1 author-domain-not-listed"),
        (_facts(UNSIGNED, "eve@elsewhere.test"), OFF, "550 5.7.1 author-domain-not-listed"),
        (_facts(TRUSTED, authors=()), REQUIRE, "550 5.6.0 no-author"),
        (_facts(UNSIGNED, authors=()), OFF, "550 5.6.0 no-author"),
        (_facts(UNSIGNED, "alice@a.test", "bob@b.test"), VERIFY, "550 5.7.1 several-authors"),
        (_facts(TRUSTED, white_list=None), REQUIRE, "451 4.7.5 white-list-stale"),
        (_facts(UNSIGNED, peer=None), VERIFY, "550 5.7.1 author-not-listed-for-peer"),
        # Not examined: whatever the bytes hold, the peer alone vouches for From.
        (_facts(UNDETERMINED), OFF, "not-examined"),
        (_facts(ALTERED), OFF, "not-examined"),
        (_facts(TRUSTED, "bob@b.test"), OFF, "550 5.7.1 author-not-listed-for-peer"),
        # Reports from the null sender.
        (_report(UNSIGNED), REQUIRE, "report"),
        (_report(UNSIGNED, kind="disposition-notification"), REQUIRE, "report"),
        (_report(UNSIGNED), VERIFY, "report"),
        (_report(UNDETERMINED), OFF, "report"),
        (_report(UNSIGNED, kind="feedback-report"), REQUIRE, "550 5.7.1 unsigned"),
        (_report(UNSIGNED, kind=""), REQUIRE, "550 5.7.1 unsigned"),
        (_report(UNSIGNED, "bob@b.test"), REQUIRE, "550 5.7.1 unsigned"),
        (_report(UNSIGNED, "eve@elsewhere.test"), REQUIRE, "550 5.7.1 author-domain-not-listed"),
        (_report(UNTRUSTED), REQUIRE, "550 5.7.1 untrusted"),
        (_report(ENCRYPTED), REQUIRE, "550 5.7.1 encrypted"),
        (_report(ALTERED), REQUIRE, "550 5.7.7 altered"),
        (_facts(UNSIGNED, report_type="delivery-status"), REQUIRE, "550 5.7.1 unsigned"),
    ],
)
def test_the_first_rule_that_matches_decides(facts: ContentFacts, mode: SmimeMode, answer: str) -> None:
    decision = judge_content(facts, mode)
    reply = f"{decision.reply.code} {decision.reply.status} " if isinstance(decision, Refuse) else ""
    assert reply + decision.rule == answer


@pytest.mark.parametrize(
    ("author", "answer"), [("alice@a.test", "encrypted"), ("bob@b.test", "author-not-listed-for-peer")]
)
def test_encrypted_mail_is_taken_unsigned_only_where_that_is_set_and_the_peer_vouches(author: str, answer: str) -> None:
    assert judge_content(_facts(ENCRYPTED, author), REQUIRE, accept_encrypted=True).rule == answer


@pytest.mark.parametrize(("verdict", "answer"), [(TRUSTED, "trusted"), (UNSIGNED, "unsigned"), (ALTERED, "altered")])
def test_without_a_trust_space_the_signature_alone_decides(verdict: Verdict, answer: str) -> None:
    facts = ContentFacts(verdict, (EVE,))
    assert judge_content(facts, REQUIRE, ask_white_list=False).rule == answer
    assert judge_content(ContentFacts(UNSIGNED, (EVE,)), VERIFY, ask_white_list=False).rule == "unsigned"


def test_the_reply_tells_the_cause_on_one_short_line() -> None:
    decision = judge_content(_facts(UNTRUSTED), REQUIRE)
    assert isinstance(decision, Refuse)
    assert decision.reply.text == "Signature is not trusted: the cause"
    long = replace(UNTRUSTED, facts=replace(UNTRUSTED.facts, chain=Fact(Outcome.FAILED, "x" * 2000)))
    decision = judge_content(_facts(long), REQUIRE)
    assert isinstance(decision, Refuse)
    assert len(str(decision.reply)) <= 510  # RFC 5321 section 4.5.3.1.5


def _odd(*oddities: Oddity) -> tuple[Notice, ...]:
    return tuple(Notice(oddity, "why") for oddity in oddities)


TAKEN = {
    Oddity.SENDER_DIFFERS,
    Oddity.FIELD_REPEATED,
    Oddity.FIELD_UNPROTECTED,
    Oddity.MESSAGE_INSIDE,
    Oddity.TEXT_BEFORE,
    Oddity.SIGNED_IN_PART,
    Oddity.SIGNED_WITHIN,
}
PROTECTED = {Oddity.PROTECTED_AUTHOR_DIFFERS, Oddity.PROTECTED_FIELD_DIFFERS}


@pytest.mark.parametrize("oddity", Oddity)
def test_there_is_a_decision_about_each_oddity(oddity: Oddity) -> None:
    facts = _facts(TRUSTED, notices=_odd(oddity))
    decision = judge_content(facts, REQUIRE)
    assert decision.rule == ("trusted" if oddity in TAKEN else oddity.value)
    assert (judge_oddity(Notice(oddity, "why")) is None) is (oddity in TAKEN)
    assert isinstance(decision, Refuse) is (oddity not in TAKEN)
    unexamined = judge_content(facts, OFF).rule
    assert unexamined == ("not-examined" if oddity in TAKEN | PROTECTED else oddity.value)


def test_the_first_oddity_that_counts_is_told_after_a_broken_signature() -> None:
    odd = _odd(Oddity.FIELD_REPEATED, Oddity.NAME_IMITATES, Oddity.AUTHOR_IN_DOUBT)
    decision = judge_content(_facts(TRUSTED, notices=odd), REQUIRE)
    assert isinstance(decision, Refuse)
    assert str(decision.reply) == "550 5.7.1 Why"
    assert judge_content(_facts(ALTERED, notices=odd), REQUIRE).rule == "altered"
    assert judge_content(_facts(UNSIGNED, authors=(), notices=odd), OFF).rule == "display-name-imitates"


@pytest.mark.parametrize(
    ("author", "sender", "rule"),
    [
        ("alice@a.test", "alice@a.test", "trusted"),
        ("alice@a.test", "secretary@a.test", "trusted"),
        ("bob@b.test", "list@a.test", "trusted"),  # a list of the peer's passes Bob's signed words on
        ("alice@a.test", "bob@b.test", "550 sender-field-not-listed-for-peer"),
        ("alice@a.test", "eve@elsewhere.test", "550 sender-field-not-listed-for-peer"),
        ("bob@b.test", "eve@elsewhere.test", "550 sender-field-not-listed-for-peer"),
    ],
)
def test_a_sender_is_of_the_authors_domain_or_the_peers(author: str, sender: str, rule: str) -> None:
    facts = _facts(TRUSTED, author, sender=parse_address(sender), notices=_odd(Oddity.SENDER_DIFFERS))
    decision = judge_content(facts, REQUIRE)
    assert (f"{decision.reply.code} " if isinstance(decision, Refuse) else "") + decision.rule == rule
    assert judge_content(facts, REQUIRE, ask_white_list=False).rule == "trusted"
