"""Is trust data fresh enough to be used?"""

from datetime import datetime, timedelta
from enum import Enum


class Freshness(Enum):
    """The age of the white list, as policy sees it."""

    FRESH = "fresh"
    AGEING = "ageing"  # used, and reported
    STALE = "stale"  # not used: mail between operators waits


def judge_freshness(generated_at: datetime | None, now: datetime, ageing_days: int, stale_days: int) -> Freshness:
    """How a list generated then stands now; no list at all is stale.

    A list from the future is fresh: whether to adopt one was decided when it arrived (``flows.refresh``).
    """
    if generated_at is None:
        return Freshness.STALE
    age = now - generated_at
    if age > timedelta(days=stale_days):
        return Freshness.STALE
    if age > timedelta(days=ageing_days):
        return Freshness.AGEING
    return Freshness.FRESH
