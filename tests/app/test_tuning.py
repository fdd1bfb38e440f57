"""The interpreter's own settings, in a process of their own."""

import platform
import subprocess
import sys

import pytest

from mssmail.app.tuning import GARBAGE_STEPS, SWITCH_SECONDS

_SCRIPT = """
import gc, sys
from mssmail.app.tuning import tune_interpreter
tune_interpreter()
print(round(sys.getswitchinterval(), 6), gc.get_threshold(), gc.get_freeze_count() > 1000)
"""


def test_threads_take_short_turns_and_old_objects_are_left_alone() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{SWITCH_SECONDS} {GARBAGE_STEPS} True"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_few_arenas_are_asked_for() -> None:
    script = "from mssmail.app.tuning import limit_arenas; print(limit_arenas())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
