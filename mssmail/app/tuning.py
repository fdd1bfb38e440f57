"""How the interpreter shares its time in a process that answers many at once."""

import gc
import sys

SWITCH_SECONDS = 0.0005
"""How long a thread that computes keeps the others waiting. One NOOP changes hands some twenty times between loop and
store: at Python's 5 ms each it would take 100 ms while another client searches."""

GARBAGE_STEPS = (20_000, 20, 50)
"""After so many new objects the youngest are looked over, and so on. Python's 700 has SORT or THREAD of a large mailbox
end in full collections, during which nobody is answered; and hardly anything here is part of a cycle."""


def tune_interpreter() -> None:
    """For a server that has started: what is in memory now stays, and is looked over no more."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE_STEPS)
    gc.collect()
    gc.freeze()
