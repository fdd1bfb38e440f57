"""The main job, as a newcomer runs it: every case of the stranger's check, against real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mssmail.lab.check.audit_cases import AUDIT_SUITE
from mssmail.lab.check.case import Case, play_case
from mssmail.lab.check.cases import MAIN_SUITE
from mssmail.lab.check.document_cases import DOCUMENT_SUITE
from mssmail.lab.check.filing_cases import FILING_SUITE
from mssmail.lab.check.sending_cases import SENDING_SUITE
from mssmail.lab.check.stage import Stage
from mssmail.lab.layout import Lab


@pytest.mark.parametrize(
    "case", MAIN_SUITE + AUDIT_SUITE + DOCUMENT_SUITE + FILING_SUITE + SENDING_SUITE, ids=lambda case: case.name
)
def test_the_strangers_check(lab: Lab, case: Case) -> None:
    outcome = play_case(case, Stage(lab))
    if outcome.verdict == "skipped":
        pytest.skip(outcome.got)
    assert outcome.verdict == "ok", outcome.got


def _run(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mssmail", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_command_line_tells_programs_where_everything_is(lab: Lab) -> None:
    tree = json.loads(_run("lab", "info", "--dir", lab.folder, "--json"))
    assert tree["up"] is True
    assert [operator["name"] for operator in tree["operators"]] == ["nord", "sud"]
    assert all(Path(account["p12"]).exists() for account in tree["accounts"])


def test_bringing_up_what_is_up_changes_nothing(lab: Lab) -> None:
    assert "already up" in _run("lab", "up", "--dir", lab.folder, "--detach")


def test_a_second_server_on_the_same_store_is_refused(lab: Lab) -> None:
    answer = _run("serve", "--config", str(lab.operators[0].config), code=69)
    assert "another" in answer.lower()
    assert "Traceback" not in answer


def test_a_taken_port_is_a_clear_error(lab: Lab, tmp_path: Path) -> None:
    answer = _run("lab", "up", "--dir", str(tmp_path / "other"), "--port-base", str(lab.port_base), "--detach", code=65)
    assert "cannot be bound" in answer
    assert "Traceback" not in answer


def test_the_store_is_whole_afterwards(lab: Lab) -> None:
    for operator in lab.operators:
        assert "whole" in _run("fsck", "--config", str(operator.config))
