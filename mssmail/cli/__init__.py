"""The command ``mssmail``: one file a group of commands, thin over the floors below.

Exit codes are those of sysexits.h where one fits: 0 done, 1 no (a check failed), 2 not now, 64 bad usage, 65 unusable
data, 69 unavailable, 70 a mistake of ours, 74 files, 78 configuration. A fault is one line on standard error, never a
traceback.
"""

from mssmail.cli.main import main

__all__ = ["main"]
