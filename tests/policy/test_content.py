from dataclasses import replace
from datetime import datetime

import pytest

from mssmail.core.address import parse_address
from mssmail.core.decision import Refuse
from mssmail.core.names import build_name
from mssmail.core.verdict import ENCRYPTED, UNSIGNED, Fact, Facts, Outcome, Signer, SignerKind, Structure, Verdict
from mssmail.core.whitelist import WhiteList
from mssmail.policy.content import ContentFacts, judge_content
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
