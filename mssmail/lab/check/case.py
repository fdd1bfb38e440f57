"""One thing tried, and what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass

from mssmail.lab.check.stage import Stage

SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """``play`` answers what happened, in words that begin with ``expected`` and hold ``reason`` when all is well."""

    name: str
    expected: str
    play: Callable[[Stage], str]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case."""

    case: Case
    got: str

    @property
    def verdict(self) -> str:
        """ok, DIFFERS or skipped (a stranger's program is missing)."""
        if self.got.startswith(SKIPPED):
            return SKIPPED
        is_right = self.got.startswith(self.case.expected) and self.case.reason in self.got
        return "ok" if self.case.expected and is_right else "DIFFERS"


def play_case(case: Case, stage: Stage) -> Outcome:
    """Play it; what breaks on our side is an answer too, and never the expected one."""
    try:
        return Outcome(case, case.play(stage))
    except Exception as error:
        return Outcome(case, f"{type(error).__name__}: {error}")
