"""Marks outlive a process that is killed, and nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from mssmail.flows.inflight import Inflight


def test_what_was_under_way_is_known_to_the_next(tmp_path: Path) -> None:
    marks = Inflight(tmp_path / "marks")
    assert marks.left == frozenset()
    marks.enter([3, 1 << 40, 5])
    marks.leave([5, 99])
    marks.enter([7])
    assert Inflight(tmp_path / "marks").left == {3, 1 << 40, 7}


def test_an_orderly_end_forgets_everything(tmp_path: Path) -> None:
    marks = Inflight(tmp_path / "marks")
    marks.enter([3])
    marks.close()
    marks.close()
    assert Inflight(tmp_path / "marks").left == frozenset()


def test_a_torn_record_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "marks").write_bytes(b"\x05" + bytes(7) + b"\x09\x09")
    assert Inflight(tmp_path / "marks").left == {5}


def test_marks_of_a_killed_process_are_there(tmp_path: Path) -> None:
    path = tmp_path / "marks"
    code = (
        "import os, signal, sys; from pathlib import Path; from mssmail.flows.inflight import Inflight;"
        "marks = Inflight(Path(sys.argv[1])); marks.enter([11, 12]); marks.leave([11]);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert os.stat(path).st_mode & 0o077 == 0
    assert Inflight(path).left == {12}
