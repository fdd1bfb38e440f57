"""When an account answers by itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """From when until when answers go out, and in how many days each sender gets one."""

    days: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Answers go out now."""
        return (self.starts_at is None or now >= self.starts_at) and (self.ends_at is None or now < self.ends_at)
