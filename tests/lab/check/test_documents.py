"""The stranger's reports are what the server's own reader takes for right ones."""

from mssmail.core.findings import Mark
from mssmail.documents.inspect import Reading
from mssmail.documents.message import read_message
from mssmail.lab.check.documents import attach, build_report, pack_report


def test_the_report_is_right_and_its_fields_are_true() -> None:
    letter = attach("a@a.test", "b@b.test", pack_report(build_report("6.9", "HH")))
    findings = read_message(letter.data, Reading(test_space=True)).findings
    assert (findings.mark, findings.fileable, findings.inconsistencies) == (Mark.CRITICAL, True, ())
    assert findings.declared.nil == "DEV0001"
