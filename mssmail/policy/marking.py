"""Which flags and keywords does it get?

A colour calls a person to a message. It is given only when we know who speaks; there is none that says "normal".
"""

import re
from typing import Final, assert_never

from mssmail.core.findings import Findings, Mark
from mssmail.core.mailbox import SMIME_INVALID, SMIME_VALID, drop_reserved
from mssmail.core.verdict import Altered, Trusted, Untrusted, Verdict
from mssmail.settings import Documents, Marking, SmimeMode

_FLAG: Final = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")  # RFC 9051 §9, flag


def judge_signature(verdict: Verdict | None, *, is_shown: bool) -> frozenset[str]:
    """The keyword that tells mail programs our verdict; none of doubt, and none of what bears no signature."""
    if verdict is None or not is_shown:
        return frozenset()
    match verdict.summary:
        case Trusted():
            return frozenset({SMIME_VALID})
        case Altered() | Untrusted():
            return frozenset({SMIME_INVALID})
        case _:
            return frozenset()


def judge_keywords(
    findings: Findings, verdict: Verdict | None, mode: SmimeMode, marking: Marking, documents: Documents
) -> frozenset[str]:
    """The flags a message is delivered with; ``verdict`` is None where the domain asks for no examination."""
    if not findings.has_documents or not documents.mark:
        return frozenset()
    is_trusted = verdict is not None and isinstance(verdict.summary, Trusted)
    if not is_trusted and (mode is SmimeMode.REQUIRE or not documents.mark_untrusted):
        return frozenset()
    match findings.mark:
        case Mark.CRITICAL:
            wanted = marking.critical
        case Mark.ABNORMAL:
            wanted = marking.abnormal
        case Mark.REJECTED:
            wanted = marking.unreadable
        case Mark.UNASSESSED | Mark.NORMAL | Mark.NONE:
            wanted = ()  # plain: no colour must suggest that all is well
        case _:
            assert_never(findings.mark)
    return drop_reserved(each for each in (*wanted, *marking.document) if _FLAG.fullmatch(each))
