"""Who gets an automatic receipt, and what it says of documents: facts → answer."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mssmail.core.address import ReversePath, parse_address
from mssmail.core.decision import Accept, Refuse
from mssmail.core.findings import NO_FINDINGS, UNREAD, DocumentFacts, Findings, Mark
from mssmail.core.receipt import Disposition, FilingError, ReceiptRequest
from mssmail.core.whitelist import WhiteList
from mssmail.policy.receipt import judge_disposition, judge_receipt, may_tell_error_account

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ALICE, EVE, LABO = (parse_address(text) for text in ("alice@a.test", "eve@a.test", "labo@b.test"))
ASKED = ReceiptRequest(to=(ALICE,), is_asked=True, authors=(ALICE,))
LIST = WhiteList(NOW, "CN=signer", "00", {"a.test": frozenset()}, 1)


def _judge(request: ReceiptRequest, path: ReversePath = ALICE, white_list: WhiteList | None = LIST) -> str:
    decision = judge_receipt(request, path, LABO, is_ours=False, white_list=white_list)
    return decision.rule


@pytest.mark.parametrize(
    ("request_", "path", "rule"),
    [
        (ASKED, ALICE, "asked-by-author"),
        (replace(ASKED, to=(parse_address("ALICE@a.test"),)), ALICE, "asked-by-author"),
        (ReceiptRequest(authors=(ALICE,)), ALICE, "not-asked"),
        (replace(ASKED, to=()), ALICE, "not-one-address"),
        (replace(ASKED, to=(ALICE, EVE)), ALICE, "not-one-address"),
        (replace(ASKED, to=(ALICE, ALICE)), ALICE, "not-one-address"),
        (replace(ASKED, is_doubtful=True), ALICE, "not-one-address"),
        (ASKED, None, "null-reverse-path"),
        (ASKED, EVE, "not-reverse-path"),
        (replace(ASKED, to=(EVE,)), EVE, "not-author"),
        (replace(ASKED, authors=()), ALICE, "not-author"),
        (replace(ASKED, authors=(ALICE, EVE)), ALICE, "not-author"),
        (replace(ASKED, to=(LABO,), authors=(LABO,)), LABO, "to-itself"),
        (replace(ASKED, is_report=True), ALICE, "report"),
        (replace(ASKED, is_automatic=True), ALICE, "automatic"),
        (replace(ASKED, is_list=True), ALICE, "list"),
        (replace(ASKED, required=("signed-receipt",)), ALICE, "option-unknown"),
    ],
)
def test_only_who_wrote_the_message_is_answered(request_: ReceiptRequest, path: ReversePath, rule: str) -> None:
    assert _judge(request_, path) == rule


def test_no_receipt_leaves_the_trust_space() -> None:
    outside = WhiteList(NOW, "CN=signer", "00", {}, 0)
    assert _judge(ASKED, white_list=outside) == "not-listed"


def test_a_white_list_too_old_means_later() -> None:
    decision = judge_receipt(ASKED, ALICE, LABO, is_ours=False, white_list=None)
    assert isinstance(decision, Refuse)
    assert (decision.is_temporary, decision.rule) == (True, "white-list-stale")


def test_our_own_sender_needs_no_white_list() -> None:
    assert isinstance(judge_receipt(ASKED, ALICE, LABO, is_ours=True, white_list=None), Accept)


def _found(mark: Mark = Mark.NORMAL, *, kind: str = "cda", ins: str = "1", qualified: bool = True) -> Findings:
    document = DocumentFacts(kind, "x", mark, fileable=True, reason="why", ins=ins, ins_is_qualified=qualified)
    return Findings(mark, documents=(document,))


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        (NO_FINDINGS, Disposition()),
        (_found(), Disposition()),
        (_found(Mark.CRITICAL), Disposition()),
        (_found(ins=""), Disposition(error=FilingError.INS_ABSENT)),
        (_found(qualified=False), Disposition(error=FilingError.INS_INCOMPLETE)),
        (_found(kind="hprim", ins="", qualified=False), Disposition()),
        (_found(Mark.REJECTED), Disposition(error=FilingError.OTHER, note="why")),
        (UNREAD, Disposition(error=FilingError.OTHER, note="reading took too much")),
        (Findings(Mark.REJECTED), Disposition(error=FilingError.OTHER)),
    ],
)
def test_a_machine_tells_what_the_documents_show(findings: Findings, told: Disposition) -> None:
    assert judge_disposition(findings) == told


FAULT = Disposition(error=FilingError.INS_ABSENT)
UNASKED = ReceiptRequest(authors=(ALICE,))


@pytest.mark.parametrize(
    ("request_", "disposition", "account", "may"),
    [
        (UNASKED, FAULT, "errors@b.test", True),
        (UNASKED, FAULT, "", False),
        (UNASKED, Disposition(), "errors@b.test", False),
        (ASKED, FAULT, "errors@b.test", False),
        (replace(UNASKED, is_automatic=True), FAULT, "errors@b.test", False),
        (replace(UNASKED, is_report=True), FAULT, "errors@b.test", False),
        (replace(UNASKED, is_list=True), FAULT, "errors@b.test", False),
    ],
)
def test_who_hears_of_errors_that_nobody_asked_to_hear_of(
    request_: ReceiptRequest, disposition: Disposition, account: str, *, may: bool
) -> None:
    assert may_tell_error_account(request_, disposition, account) is may
