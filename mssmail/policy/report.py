"""Is the sender told what became of a recipient?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import assert_never

from mssmail.core.address import ReversePath
from mssmail.core.parameters import Notice, RecipientParameters
from mssmail.core.report import Action


def may_report(action: Action, reverse_path: ReversePath, parameters: RecipientParameters) -> bool:
    """Answer whether a report of this kind is sent (RFC 3461 §5.2, §6.2).

    Never about mail from nobody, which is what reports are (RFC 5321 §4.5.5), and never against NOTIFY=NEVER. Without
    NOTIFY people hear of failures and of delays, as RFC 3461 §5.2.2 leaves to us.
    """
    if reverse_path is None or parameters.is_never:
        return False
    match action:
        case Action.FAILED:
            return not parameters.notify or parameters.asks_for(Notice.FAILURE)
        case Action.DELAYED:
            return not parameters.notify or parameters.asks_for(Notice.DELAY)
        case Action.DELIVERED | Action.RELAYED | Action.EXPANDED:
            return parameters.asks_for(Notice.SUCCESS)
        case _:
            assert_never(action)


def count_due_delays(queued_at: datetime, now: datetime, after_seconds: Iterable[int]) -> int:
    """How many delay reports a message that still waits should have caused by now."""
    return sum(now - queued_at >= timedelta(seconds=seconds) for seconds in after_seconds)
