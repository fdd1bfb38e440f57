"""How far the command at work has come, for who waits long for it (RFC 9585). When to tell is the server's matter."""

from mssmail.imap.replies import Answer, ok
from mssmail.imap.wire.response_codes import build_in_progress


class Progress:
    """Of one session; verbs count, and between commands there is nothing to tell."""

    def __init__(self) -> None:
        self._is_at_work = False
        self._tag = ""
        self._done: int | None = None
        self._goal: int | None = None

    def begin(self, tag: str) -> None:
        """The command of this tag is at work."""
        self._is_at_work, self._tag, self._done, self._goal = True, tag, None, None

    def aim(self, goal: int | None) -> None:
        """It has so many messages to deal with; None when that is not known."""
        self._done, self._goal = 0, goal

    def count(self, done: int) -> None:
        """It has dealt with so many."""
        self._done = max(done, self._done or 0)

    def end(self) -> None:
        """It is done, and may be answered."""
        self._is_at_work = False

    def describe(self) -> Answer | None:
        """What to tell now, None when nothing is at work. PROGRESS stays below GOAL (RFC 9585 §4)."""
        if not self._is_at_work:
            return None
        if self._done is None:
            return ok("Still at work", build_in_progress(self._tag, None, None))
        if not self._goal:
            return ok(f"{self._done} so far", build_in_progress(self._tag, self._done, None))
        done = min(self._done, self._goal - 1)
        return ok(f"{done} of {self._goal}", build_in_progress(self._tag, done, self._goal))
