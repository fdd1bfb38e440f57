"""May software file what this message holds without a person looking at it?"""

from mssmail.core.account import AccountKind
from mssmail.core.findings import Findings
from mssmail.core.verdict import Trusted, Verdict

KINDS = (AccountKind.APP, AccountKind.ORG)
"""Accounts of software and of services; a person's box is read by the person."""


def may_file(findings: Findings, verdict: Verdict | None) -> bool:
    """Only documents without a fault about one patient, and only of somebody we trust; never a convenience mark."""
    return findings.fileable and verdict is not None and isinstance(verdict.summary, Trusted)


def find_patient(findings: Findings) -> str:
    """Whose documents these are, for the order of deliveries; empty when nobody knows."""
    for each in findings.documents:
        if each.ins:
            return each.ins
    return next((f"{each.patient} {each.birthdate}" for each in findings.documents if each.patient), "")
