"""How long properties look for a counterexample: MSSMAIL_THOROUGH=20 scripts/test looks twenty times as long."""

import os

from hypothesis import settings

FACTOR = int(os.environ.get("MSSMAIL_THOROUGH", "1"))


def examples(count: int) -> settings:
    """Try so many examples, times the factor, and never fail for being slow on a busy machine."""
    return settings(max_examples=count * FACTOR, deadline=None)
