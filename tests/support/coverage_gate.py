"""The coverage gate, a pytest plugin: adds up what every process measured, reports by room, fails a run below the gate.

``scripts/test`` loads it (``coverage run -m pytest -p tests.support.coverage_gate``); the summary stays pytest's own.
"""

import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import coverage
import coverage.exceptions
import pytest

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "mssmail"
GATES: Mapping[str, float] = {WHOLE: 95.0, "mssmail/core": 100.0, "mssmail/policy": 100.0, "mssmail/imap/wire": 100.0}

_MOST_FILES, _MOST_CHARACTERS = 40, 300


@dataclass(frozen=True, slots=True)
class File:
    """One source file: statements and branches, those that ran, and where they are that did not."""

    path: str
    total: int
    covered: int
    missing: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room, or the whole, and its files."""

    name: str
    files: tuple[File, ...]

    @property
    def percent(self) -> float:
        """Statements and branches that ran, in a hundred; all of nothing is 100."""
        total = sum(file.total for file in self.files)
        return 100 * sum(file.covered for file in self.files) / total if total else 100.0

    @property
    def is_below(self) -> bool:
        """There is a gate and it is not reached. A gate of 100 allows nothing, however large the room."""
        return self.percent < GATES.get(self.name, 0.0)


def parse_report(report: Mapping[str, Mapping[str, Mapping[str, object]]]) -> tuple[File, ...]:
    """The files of coverage's JSON report."""
    return tuple(_parse_file(path, facts) for path, facts in sorted(report["files"].items()))


def _parse_file(path: str, facts: Mapping[str, object]) -> File:
    numbers = facts["summary"]
    lines, branches = facts["missing_lines"], facts["missing_branches"]
    assert isinstance(numbers, dict)
    assert isinstance(lines, list)
    assert isinstance(branches, list)
    gone = [str(line) for line in lines] + [f"{a}->{b}" for a, b in branches if a not in lines]
    total = numbers["num_statements"] + numbers["num_branches"]
    return File(path, total, numbers["covered_lines"] + numbers["covered_branches"], " ".join(gone))


def divide(files: Iterable[File]) -> tuple[Room, ...]:
    """Every room under ``mssmail/``, every gated one, and the whole last."""
    files = tuple(files)
    names = {"/".join(file.path.split("/")[:2]) for file in files if file.path.count("/") > 1}
    rooms = (Room(name, _pick(files, name)) for name in sorted(names | set(GATES) - {WHOLE}))
    return (*rooms, Room(WHOLE, files))


def _pick(files: tuple[File, ...], name: str) -> tuple[File, ...]:
    return tuple(file for file in files if file.path.startswith(f"{name}/"))


def measure(folder: Path) -> tuple[Room, ...]:
    """Add up the data of all processes, and read them."""
    report = folder / "coverage.json"
    with warnings.catch_warnings():
        # A process killed by a test leaves an empty file, or none; what it had done is lost, and others do the same.
        warnings.simplefilter("ignore", coverage.exceptions.CoverageWarning)
        gate = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
        gate.combine()
        gate.save()
        gate.json_report(outfile=str(report))
    return divide(parse_report(json.loads(report.read_text())))


_ROOMS = pytest.StashKey[tuple[Room, ...]]()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After the processes of a parallel run have ended: measure, and fail the run below a gate."""
    if hasattr(session.config, "workerinput"):
        return
    rooms = measure(ROOT / ".pytest_cache")
    session.config.stash[_ROOMS] = rooms
    if session.exitstatus == pytest.ExitCode.OK and any(room.is_below for room in rooms):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print one line a room, and what is missing where a gate is not reached."""
    rooms = config.stash.get(_ROOMS, ())
    terminalreporter.section("branch coverage")
    for line in describe(rooms):
        terminalreporter.write_line(line)


def describe(rooms: Iterable[Room]) -> Iterable[str]:
    """The report."""
    for room in rooms:
        gate = GATES.get(room.name)
        verdict = "" if gate is None else f"  gate {gate:.0f}: {'NOT REACHED' if room.is_below else 'reached'}"
        yield f"{room.name:<20} {_round_down(room.percent):6.2f} %{verdict}"
        if room.is_below:
            worst = sorted(room.files, key=lambda file: file.covered - file.total)[:_MOST_FILES]
            yield from (f"    {file.path}: {file.missing[:_MOST_CHARACTERS]}" for file in worst if file.missing)


def _round_down(percent: float) -> float:
    return int(percent * 100) / 100
