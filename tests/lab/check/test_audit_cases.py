"""The audit has both directions of every situation; ``end_to_end`` plays them."""

from mssmail.lab.audit import SITUATIONS
from mssmail.lab.check.audit_cases import AUDIT_SUITE


def test_both_directions_of_every_situation_are_tried() -> None:
    names = [case.name for case in AUDIT_SUITE]
    for each in SITUATIONS:
        assert sum(name.startswith((f"from {each.label}:", f"to {each.label}:")) for name in names) == 2
    assert all(case.reason for case in AUDIT_SUITE if case.expected == "kept back")
