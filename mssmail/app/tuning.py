"""How the interpreter shares its time in a process that answers many at once."""

import ctypes
import gc
import sys
from typing import Final

SWITCH_SECONDS = 0.0005
"""How long a thread that computes keeps the others waiting. One NOOP changes hands some twenty times between loop and
store: at Python's 5 ms each it would take 100 ms while another client searches."""

GARBAGE_STEPS = (20_000, 20, 50)
"""After so many new objects the youngest are looked over, and so on. Python's 700 has SORT or THREAD of a large mailbox
end in full collections, during which nobody is answered; and hardly anything here is part of a cycle."""


ARENAS: Final = 2
"""Of glibc's allocator, which else gives each of our threads its own, and keeps in each what was freed there: after a
round of every question of ``scripts/bench imap`` the server held 165 MB, with two arenas 135 MB."""
_M_ARENA_MAX: Final = -8  # malloc.h


def limit_arenas() -> bool:
    """Have few arenas, before threads begin; whether the C library knows of such a thing."""
    library = ctypes.CDLL(None)
    return hasattr(library, "mallopt") and bool(library.mallopt(_M_ARENA_MAX, ARENAS))


def tune_interpreter() -> None:
    """For a server that has started: what is in memory now stays, and is looked over no more."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE_STEPS)
    gc.collect()
    gc.freeze()
