"""serve as a process: it says that it is ready, ends on SIGTERM, and refuses what cannot be."""

import signal
import subprocess
import sys
from pathlib import Path

from mssmail.core.clock import read_clock
from tests.support.operators import build_site
from tests.support.pki import Pki


def _start(config: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mssmail", "serve", "--config", str(config)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if " ready " in line:
            return
    raise AssertionError("it ended before it was ready")


def test_it_runs_until_sigterm_and_a_second_one_is_refused(tmp_path: Path) -> None:
    site = build_site(tmp_path / "op", Pki(read_clock().replace(microsecond=0)), read_clock())
    with _start(site.config) as first:
        _wait_until_ready(first)
        with _start(site.config) as second:
            _, words = second.communicate(timeout=60)
        assert second.returncode == 69
        assert "Traceback" not in words
        first.send_signal(signal.SIGTERM)
        _, words = first.communicate(timeout=60)
    assert first.returncode == 0, words
    assert "stopping" in words
