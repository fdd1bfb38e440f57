"""Is this receipt sent? And which disposition does a machine's account tell by itself?

A receipt answers one person or program that asked for it, at the very address the message came from. Whatever could
make us write to anybody else, or answer an answer, is declined: a decline is silent, the asker gets nothing.
"""

from mssmail.core.address import Address, ReversePath
from mssmail.core.decision import Accept, Decision, Refuse, refuse
from mssmail.core.findings import Findings, Mark
from mssmail.core.receipt import Disposition, FilingError, ReceiptRequest
from mssmail.core.whitelist import WhiteList


def judge_receipt(
    request: ReceiptRequest,
    reverse_path: ReversePath,
    recipient: Address,
    *,
    is_ours: bool,
    white_list: WhiteList | None,
) -> Decision:
    """Answer whether an automatic receipt may be sent for a message (RFC 8098 §2.1, RFC 3834 §2).

    ``recipient`` is the account in whose name it would be; ``is_ours`` says that we hold the asker's domain;
    ``white_list`` is None when it is too old to be used: then the answer is "later".
    """
    return (
        _decline_address(request, reverse_path, recipient)
        or _decline_kind(request)
        or _decline_destination(request.to[0], is_ours=is_ours, white_list=white_list)
        or Accept("asked-by-author")
    )


def _decline_address(request: ReceiptRequest, reverse_path: ReversePath, recipient: Address) -> Refuse | None:
    if not request.is_asked:
        return _decline("not-asked", "no receipt was asked for")
    if request.is_doubtful or len(request.to) != 1:
        return _decline("not-one-address", "Disposition-Notification-To does not name one address")
    if reverse_path is None:
        return _decline("null-reverse-path", "the message has no sender to answer")
    if request.to[0].key != reverse_path.key:
        return _decline("not-reverse-path", "Disposition-Notification-To differs from Return-Path (RFC 8098 2.1)")
    if [author.key for author in request.authors] != [request.to[0].key]:
        return _decline("not-author", "Disposition-Notification-To differs from From")
    if request.to[0].key == recipient.key:
        return _decline("to-itself", "the account asks itself")
    return None


def _decline_kind(request: ReceiptRequest) -> Refuse | None:
    if request.is_report:
        return _decline("report", "a report or a receipt is never answered by a receipt")
    if request.is_automatic:
        return _decline("automatic", "the message was made by a machine (Auto-Submitted)")
    if request.is_list:
        return _decline("list", "the message came by a list")
    if request.required:
        return _decline("option-unknown", "a required receipt option is not understood (RFC 8098 2.2)")
    return None


def _decline_destination(to: Address, *, is_ours: bool, white_list: WhiteList | None) -> Refuse | None:
    if is_ours:
        return None
    if white_list is None:
        return refuse("white-list-stale", 451, "4.7.5", "the white list is not up to date")
    if not white_list.has_domain(to.domain):
        return _decline("not-listed", "the asker's domain is not in the trust space")
    return None


def may_tell_error_account(request: ReceiptRequest, disposition: Disposition, error_account: str) -> bool:
    """Whether an error that nobody asked to hear of is told to the account appointed for that.

    Never about a machine's mail, a list's or a report: that could go round in circles.
    """
    is_from_person = not (request.is_automatic or request.is_report or request.is_list)
    return bool(error_account) and disposition.error is not None and not request.is_asked and is_from_person


def _decline(rule: str, why: str) -> Refuse:
    return refuse(rule, 550, "5.7.1", why)


def judge_disposition(findings: Findings) -> Disposition:
    """What a machine's account tells of a message it just got, from what its documents show.

    Only faults that the documents themselves show are told; whether the patient is known, the account's software knows.
    """
    documents = [each for each in findings.documents if each.kind in _PATIENT_KINDS]
    if findings.mark is Mark.REJECTED:
        return Disposition(error=FilingError.OTHER, note=_find_reason(findings))
    if any(not each.ins for each in documents):
        return Disposition(error=FilingError.INS_ABSENT)
    if any(not each.ins_is_qualified for each in documents):
        return Disposition(error=FilingError.INS_INCOMPLETE)
    return Disposition()


_PATIENT_KINDS = frozenset({"cda"})  # HPRIM is older than the INS: its absence there is no error


def _find_reason(findings: Findings) -> str:
    return next((each.reason for each in findings.documents if each.mark is Mark.REJECTED), "")
