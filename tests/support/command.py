"""Runs the command line in this process, as a shell would see it."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from mssmail.cli.main import main


@dataclass(frozen=True, slots=True)
class Answer:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


def run(*arguments: str, stdin: str = "") -> Answer:
    """``mssmail arguments…`` with this standard input."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", io.StringIO(stdin)):
        try:
            main(list(arguments))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Answer(code, out.getvalue(), err.getvalue())
