"""What is written down, and that it can be read again."""

import json
from datetime import UTC, datetime

from mssmail.core.address import Address
from mssmail.core.appearance import Notice, Oddity
from mssmail.core.decision import Accept, refuse
from mssmail.core.envelope import Envelope, Peer, TlsFacts
from mssmail.core.examination import Examination, Index
from mssmail.core.message import RawMessage, Span
from mssmail.core.proof import PathStep, Proof
from mssmail.core.verdict import UNSIGNED, Fact, Facts, Outcome, Signer, SignerKind, Structure, Verdict
from mssmail.flows.evidence import (
    describe_decision,
    describe_envelope,
    describe_notices,
    describe_peer,
    describe_proof,
    describe_verdict,
    encode_evidence,
    summarise,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
ALICE, BOB = Address("alice", "a.test"), Address("bob", "b.test")
PEER = Peer("192.0.2.1", 9, "h" * 300, TlsFacts("TLSv1.3", "X"), subject="CN=é", fingerprint="ab")


def _envelope(login: Address | None = None) -> Envelope:
    return Envelope("id1", None, (BOB,), PEER, RawMessage(b"secret body"), AT, login)


def test_a_peer_is_described_by_what_it_showed() -> None:
    assert describe_peer(PEER) == {
        "peer": "192.0.2.1",
        "port": 9,
        "helo": "h" * 255,
        "tls": "TLSv1.3",
        "cipher": "X",
        "subject": "CN=é",
        "fingerprint": "ab",
    }
    assert describe_peer(Peer("192.0.2.1", 9)) == {"peer": "192.0.2.1", "port": 9, "helo": ""}


def test_an_envelope_is_described_without_its_content() -> None:
    facts = describe_envelope(_envelope(ALICE))
    assert facts["from"] == "<>"
    assert facts["to"] == ["bob@b.test"]
    assert facts["login"] == "alice@a.test"
    assert facts["octets"] == 11
    assert "secret" not in json.dumps(facts)
    assert "login" not in describe_envelope(_envelope())


def test_a_verdict_names_each_fact_and_the_signer() -> None:
    fact = Fact(Outcome.PASSED, "well")
    signer = Signer("CN=Alice", "CN=CA", 1, (), SignerKind.PERSONAL, "cd", AT)
    verdict = Verdict(Structure.SIGNED, Facts(fact, fact, fact, Fact(Outcome.FAILED, "revoked"), fact, fact), signer)
    assert describe_verdict(verdict) == {
        "verdict": "untrusted",
        "facts": {
            "integrity": "passed: well",
            "chain": "passed: well",
            "dates": "passed: well",
            "revocation": "failed: revoked",
            "usage": "passed: well",
            "author": "passed: well",
        },
        "signer": "CN=Alice",
        "signer_fingerprint": "cd",
    }
    assert describe_verdict(UNSIGNED) == {"verdict": "unsigned"}
    assert summarise(UNSIGNED) == "unsigned"


def test_a_refusal_is_described_with_its_reply() -> None:
    assert describe_decision(Accept("ok")) == {"rule": "ok"}
    assert describe_decision(refuse("no", 550, "5.7.1", "No")) == {"rule": "no", "reply": "550 5.7.1 No"}


def test_evidence_is_json_that_holds_all_of_it() -> None:
    index = Index(b"", b"", b"", b"", Span(0, 0))
    facts = describe_verdict(UNSIGNED) | describe_decision(Accept("ok"))
    at = datetime(2026, 6, 1, tzinfo=UTC)
    evidence = json.loads(encode_evidence(facts, Examination(UNSIGNED, index, (ALICE,)), None, at))
    assert evidence["authors"] == ["alice@a.test"]
    assert evidence["rule"] == "ok"
    assert evidence["verdict"] == "unsigned"
    assert evidence["white_list"] is None
    assert evidence["at"] == "2026-06-01 00:00:00+00:00"


def test_oddities_are_written_down_by_name_the_first_of_a_kind() -> None:
    notices = (
        Notice(Oddity.NAME_IMITATES, "one"),
        Notice(Oddity.NAME_IMITATES, "two"),
        Notice(Oddity.SENDER_DIFFERS, "x"),
    )
    index = Index(b"", b"", b"", b"", Span(0, 0))
    told = describe_notices(Examination(UNSIGNED, index, notices=notices))
    assert told == {"notices": {"display-name-imitates": "one", "sender-differs": "x"}}
    assert describe_notices(Examination(UNSIGNED, index)) == {}


def test_what_a_verdict_rests_on_is_written_down_where_there_is_something() -> None:
    index = Index(b"", b"", b"", b"", Span(0, 0))
    proved = Verdict(Structure.SIGNED, proof=Proof((PathStep("CN=Alice", 1, "ab", AT),)))
    assert describe_proof(Examination(UNSIGNED, index), AT) == {}
    told = describe_proof(Examination(proved, index), AT)
    assert told == proved.proof.encode(AT)
    kept = json.loads(encode_evidence({}, Examination(proved, index), None, AT))
    assert (kept["path"], kept["sources"], kept["white_list"]) == (told["path"], [], None)
