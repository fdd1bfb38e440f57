"""The house's own rules: sizes, names, mirrors, and no secret in the tree."""

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mssmail"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 50
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "misc", "common"}


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=_relative)
def test_a_file_has_one_subject(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_FILE_LINES
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", SOURCES, ids=_relative)
def test_a_function_fits_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, f"{node.name} is too long"


def _mirrored() -> Iterator[Path]:
    for path in SOURCES:
        if path.name not in {"__init__.py", "__main__.py"} and "migrations" not in path.parts:
            yield path


@pytest.mark.parametrize("path", list(_mirrored()), ids=_relative)
def test_every_module_has_its_mirror_test(path: Path) -> None:
    inner = path.relative_to(PACKAGE)
    assert (ROOT / "tests" / inner.parent / f"test_{inner.name}").exists()


def _tracked() -> list[Path]:
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if answer.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in answer.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_private_key_is_tracked() -> None:
    mark = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE" + rb" KEY-----")
    assert [path for path in _tracked() if mark.search(path.read_bytes()) or path.suffix in {".p12", ".pfx"}] == []


def test_the_top_level_holds_what_the_map_says() -> None:
    wanted = {"pyproject.toml", "README.md", "LICENSE", "mssmail", "config", "certs", "tests", "scripts"}
    found = {path.relative_to(ROOT).parts[0] for path in _tracked()}
    assert {name for name in found if not name.startswith(".")} == wanted


_RFC_GROUP = re.compile(r"RFCs? \d{3,5}(?:(?:,| and| or) \d{3,5})*")


def _find_rfcs(text: str) -> set[str]:
    """The numbers named: ``RFC 2045, 2046`` names two."""
    return {number for group in _RFC_GROUP.findall(text) for number in re.findall(r"\d{3,5}", group)}


def test_groups_of_standards_are_read_as_people_read_them() -> None:
    text = "RFC 2045, 2046 and 2047; RFC 5652 §5.3, 12 octets; RFC 5280\nRFC 822"
    assert _find_rfcs(text) == {"2045", "2046", "2047", "5652", "5280", "822"}


def _read_standards_table() -> set[str]:
    _, _, after = (ROOT / "README.md").read_text().partition("\n## Standards")
    table, _, _ = after.partition("\n## ")
    return _find_rfcs("\n".join(line for line in table.splitlines() if line.startswith("|")))


@pytest.mark.parametrize("path", SOURCES, ids=_relative)
def test_every_standard_cited_is_in_the_table_of_the_readme(path: Path) -> None:
    assert _find_rfcs(path.read_text()) - _read_standards_table() == set()


def _list_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_third_party_has_a_door() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    doors = {name for contract in contracts for name in contract.get("protected_modules", ())}
    roots = {name.partition(".")[0] for path in SOURCES for name in _list_imports(path)}
    assert roots - sys.stdlib_module_names - {"mssmail"} == doors - sys.stdlib_module_names


@pytest.mark.filterwarnings("default")
def test_tests_weigh_what_the_sources_do() -> None:
    """Reported only: a reason to look, never to fail."""
    ours = sum(len(path.read_text().splitlines()) for path in SOURCES)
    tests = sum(len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("*.py"))
    if tests < ours:
        warnings.warn(pytest.PytestWarning(f"{tests} lines of tests for {ours} lines of sources"), stacklevel=1)
