"""An examination says by itself that nothing is wrong and nothing was missing."""

from mssmail.core.examination import Examination, Index
from mssmail.core.message import Span
from mssmail.core.verdict import UNSIGNED


def test_nothing_is_missing_by_default() -> None:
    examination = Examination(UNSIGNED, Index(b"()", b"()", b"()", b"", Span(0, 2)))
    assert (examination.missing, examination.faults, examination.authors) == ((), (), ())
