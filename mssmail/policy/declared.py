"""Do the X-MSS fields tell the truth about the documents? Asked only where the configuration wants refusals."""

from typing import Final

from mssmail.core.decision import Accept, Decision, refuse
from mssmail.core.findings import Findings

DECLARED: Final = Accept("declared")


def judge_declared(findings: Findings, *, refuse_inconsistent: bool) -> Decision:
    """Answer the end of DATA: fields that contradict the archive they came with are the sender's software's fault.

    The journal tells inconsistencies whether they are refused or not.
    """
    if refuse_inconsistent and findings.inconsistencies:
        return refuse("x-mss-inconsistent", 550, "5.6.0", f"{findings.inconsistencies[0]} (ECO.2.4)")
    return DECLARED
