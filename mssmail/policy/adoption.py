"""Does an authentic white list replace the one we have?"""

from datetime import datetime, timedelta

from mssmail.core.decision import Accept
from mssmail.core.whitelist import WhiteList

# Clocks differ and lists are made at night in one time zone or another; beyond that the date is a mistake, and one
# that would make us refuse every later list as older.
MAX_LEAD = timedelta(days=1)


def judge_adoption(
    old: WhiteList | None, new: WhiteList, *, loss_percent: float, max_loss_percent: int, now: datetime
) -> Accept | str:
    """Accept, or why the list waits for an administrator's word.

    ``loss_percent`` is the share of the old list's domains that the new one lacks (``trust.list_changes``).
    """
    if new.generated_at > now + MAX_LEAD:
        return f"it claims to be generated in the future, at {new.generated_at:%Y-%m-%d %H:%M}Z"
    if old is None:
        return Accept("first-list")
    if new.generated_at < old.generated_at:
        return (
            f"it is older than the one in use: generated at {new.generated_at:%Y-%m-%d %H:%M}Z, "
            f"not after {old.generated_at:%Y-%m-%d %H:%M}Z"
        )
    if loss_percent > max_loss_percent:
        return f"it loses {loss_percent:.0f} % of the domains of the one in use; {max_loss_percent} % are allowed"
    return Accept("newer-list")
